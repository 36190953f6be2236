"""What takes room in the cache: shards, converted graphs, and what is worth nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_ABANDONED_AFTER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are only useful together.

    Attributes:
        path: the manifest, or the file itself; its time says when the unit was used last.
        files: all of them, the manifest first.
        size: in bytes, together.
        used: time of last use, seconds since 1970; 0 for what is in quarantine, which goes first when room is needed.
        worthless: left behind by a process that was killed long ago.
    """

    path: Path
    files: tuple[Path, ...]
    size: int
    used: float
    worthless: bool = False


def units(folder: Path) -> Iterator[Unit]:
    """All units below the cache's folder. Files that vanish meanwhile are left out."""
    for manifest in (folder / "activations").glob("*/*.json"):
        if manifest.name != "key.json" and not manifest.name.startswith("."):
            yield from _unit(manifest, (manifest, manifest.with_suffix(".npy")))
    for manifest in (folder / "graphs").glob("*/graph.json"):
        rest = [file for file in manifest.parent.iterdir() if file != manifest]
        yield from _unit(manifest, (manifest, *rest))
    for file in (folder / "quarantine").glob("*"):
        yield from (replace(unit, used=0.0) for unit in _unit(file, (file,)))
    for file in _leftovers(folder):
        for unit in _unit(file, (file,)):
            # Younger ones may still be written by another process.
            if time.time() - unit.used > _ABANDONED_AFTER_SECONDS:
                yield replace(unit, worthless=True)


def _leftovers(folder: Path) -> Iterator[Path]:
    for place in ("activations", "graphs"):
        yield from (folder / place).glob("*/.tmp-*")
    for data in (folder / "activations").glob("*/*.npy"):
        if not data.name.startswith(".") and not data.with_suffix(".json").exists():
            yield data


def _unit(path: Path, files: tuple[Path, ...]) -> Iterator[Unit]:
    try:
        used = path.stat().st_mtime
        size = sum(file.stat().st_size for file in files)
    except OSError:
        return
    yield Unit(path, files, size, used)
