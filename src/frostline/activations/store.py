"""The cache of activations: folders of shards, shared by runs and processes without locks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.activations.key import ActivationKey
from frostline.activations.room import Unit, units
from frostline.activations.shards import Shard, read_shard, write_shard
from frostline.core.errors import CorruptEntryError, UsageError
from frostline.core.progress import Progress, SilentProgress
from frostline.core.store import write_json
from frostline.records import to_json


@dataclass
class Located:
    """Where the activations of a list of images stand.

    Attributes:
        maps: the shards' arrays, memory-mapped. They stay readable when another process evicts the files.
        shard_of: int32 ``(images,)``: index into ``maps``; -1 for images that are not stored.
        row_of: int32 ``(images,)``: row within the shard.
    """

    maps: list[NDArray[Any]]
    shard_of: NDArray[np.int32]
    row_of: NDArray[np.int32]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """``(images,)``: not stored."""
        return self.shard_of < 0

    def add(self, values: NDArray[Any], positions: Sequence[int], rows: Sequence[int]) -> None:
        """Note that ``values[rows]`` are the activations of the images at ``positions``."""
        self.shard_of[positions] = len(self.maps)
        self.row_of[positions] = rows
        self.maps.append(values)


class ActivationStore:
    """A folder of activations with a size budget.

    Several processes may share it: each writes shards of its own, atomically. What a shard holds is compared with its
    hash before it is used; a shard that is damaged or of another version goes to ``quarantine/`` and is computed again.

    Args:
        folder: created when something is written.
        budget_bytes: of everything in it. The least recently used goes first; nothing that this object has handed out
            is ever removed by it.

    Raises:
        UsageError: the budget is not positive.
    """

    def __init__(self, folder: Path | str, *, budget_bytes: int = 20 * 2**30) -> None:
        if budget_bytes <= 0:
            raise UsageError(f"The budget of the activation cache must be positive. Received: {budget_bytes} bytes.")
        self.folder = Path(folder)
        self.budget_bytes = budget_bytes
        self._in_use: set[Path] = set()

    @property
    def graphs(self) -> Path:
        """Folder of the converted graphs."""
        return self.folder / "graphs"

    def key_folder(self, key: ActivationKey) -> Path:
        """Folder of one key's shards."""
        return self.folder / "activations" / key.digest

    def locate(self, key: ActivationKey, positions: Mapping[str, int], progress: Progress | None = None) -> Located:
        """Find the stored activations of images. Each shard that is needed is verified and marked as in use.

        Args:
            key: whose activations.
            positions: position of each wanted image, 0..n-1, by its content hash.
            progress: told of shards that go to quarantine.
        """
        count = len(positions)
        located = Located([], np.full(count, -1, np.int32), np.zeros(count, np.int32))
        for path in sorted(self.key_folder(key).glob("*.json")):
            if path.name == "key.json":
                continue
            try:
                shard = read_shard(path)
                found = [
                    (positions[content], row)
                    for row, content in enumerate(shard.manifest.rows)
                    if content in positions and located.shard_of[positions[content]] < 0
                ]
                if not found:
                    continue
                shard.verify()
                values = shard.open()
            except CorruptEntryError as error:
                if path.exists():
                    self._quarantine(path, error, progress or SilentProgress())
                continue
            self._use(path)
            located.add(values, [position for position, _ in found], [row for _, row in found])
        return located

    def write(self, key: ActivationKey, contents: Sequence[str], values: NDArray[Any]) -> Shard:
        """Store the activations of some images as one shard.

        Raises:
            StoreError: the disk is full or the folder cannot be written. Shards that were finished stay.
        """
        folder = self.key_folder(key)
        if not (folder / "key.json").exists():
            write_json(folder / "key.json", to_json(key))
        shard = write_shard(folder, contents, values)
        self._use(shard.path)
        return shard

    def make_room(self, wanted: int) -> int:
        """Evict the least recently used until ``wanted`` bytes more fit into the budget.

        What killed processes left behind goes in any case, quarantined files go first.

        Returns:
            Bytes that may be written, 0..``wanted``; fewer than ``wanted`` when all that is left is in use.
        """
        found = sorted(units(self.folder), key=lambda unit: (not unit.worthless, unit.used))
        total = sum(unit.size for unit in found)
        for unit in found:
            too_much = total + wanted > self.budget_bytes
            if unit.worthless or (too_much and unit.path not in self._in_use):
                total -= _remove(unit)
        return max(0, min(wanted, self.budget_bytes - total))

    def mark_used(self, path: Path) -> None:
        """Protect a file of the cache (a shard's manifest, a graph's) from this object's evictions, and date it."""
        self._use(path)

    def _use(self, path: Path) -> None:
        self._in_use.add(path)
        with contextlib.suppress(OSError):
            os.utime(path)

    def _quarantine(self, path: Path, error: CorruptEntryError, progress: Progress) -> None:
        progress.say(f"A damaged entry of the activation cache is set aside and computed again: {error.message}")
        place = self.folder / "quarantine"
        for file in (path, path.with_suffix(".npy")):
            with contextlib.suppress(OSError):
                place.mkdir(parents=True, exist_ok=True)
                file.replace(place / f"{path.parent.name[:16]}-{file.name}")


def _remove(unit: Unit) -> int:
    """Remove a unit's files, manifest first; the bytes it had."""
    for file in unit.files:
        with contextlib.suppress(OSError):
            file.unlink()
    with contextlib.suppress(OSError):
        unit.path.parent.rmdir()
    return unit.size
