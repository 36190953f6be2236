"""One shard: a `.npy` file of activations and a JSON manifest that says which images they are of.

The data file is written first, the manifest last; both atomically. A shard exists when its manifest does, so a process
that is killed leaves either a whole shard or none. The names carry the content's hash, so processes that share a cache
never write different things under one name.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.activations.key import FORMAT_VERSION
from frostline.core.errors import CorruptEntryError, StoreError
from frostline.core.hashing import hash_file, hash_json
from frostline.core.store import atomic_file, read_json, write_json
from frostline.records import from_json, to_json

# float16 keeps 11 bits. When rounding loses more than that relative to the shard's largest value, the values sit below
# float16's normal range; when it overflows, above.
_ALLOWED_ROUNDING = 2.0**-10


@dataclass(frozen=True, slots=True)
class ShardManifest:
    """What a shard holds.

    Attributes:
        rows: content hash of the image of each row.
        shape: of the array, rows first.
        dtype: ``float16``, or ``float32`` where float16 would overflow or underflow, and for moments.
        data: name of the data file, beside the manifest.
        sha256: of the data file.
        size: of the data file in bytes.
        format: version of the files' format.
    """

    rows: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    data: str
    sha256: str
    size: int
    format: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard on disk, by its manifest."""

    path: Path
    manifest: ShardManifest

    @property
    def data_path(self) -> Path:
        """The data file."""
        return self.path.parent / self.manifest.data

    def verify(self) -> None:
        """Compare the data file with its hash, without keeping it in memory.

        Raises:
            CorruptEntryError: it is missing, truncated or changed.
        """
        path = self.data_path
        try:
            size = path.stat().st_size
            if size != self.manifest.size:
                raise CorruptEntryError(f"{path} has {size} bytes. Expected: {self.manifest.size}.")
            if hash_file(path) != self.manifest.sha256:
                raise CorruptEntryError(f"The content of {path} does not match the hash in its manifest.")
        except OSError as error:
            raise CorruptEntryError(f"{path} cannot be read ({error.strerror or error}).") from error

    def open(self) -> NDArray[Any]:
        """The values, memory-mapped read-only: ``shape``, ``dtype`` as in the manifest.

        Raises:
            CorruptEntryError: the file is missing, or its header does not fit the manifest.
        """
        try:
            values: NDArray[Any] = np.load(self.data_path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise CorruptEntryError(f"{self.data_path} cannot be opened ({error}).") from error
        if values.shape != self.manifest.shape or values.dtype != np.dtype(self.manifest.dtype):
            raise CorruptEntryError(
                f"{self.data_path} holds {values.dtype} {values.shape}, not what its manifest says."
            )
        return values


def compact(values: NDArray[np.float32]) -> NDArray[Any]:
    """``values`` as float16 when that keeps 10 bits relative to the largest one; as they are otherwise."""
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    largest = float(np.max(np.abs(values), initial=0.0))
    if not np.isfinite(half).all():
        return values
    lost = float(np.max(np.abs(half.astype(np.float32) - values), initial=0.0))
    return half if lost <= largest * _ALLOWED_ROUNDING else values


def write_shard(folder: Path, rows: Sequence[str], values: NDArray[Any]) -> Shard:
    """Write one shard.

    Args:
        folder: of the key.
        rows: content hash of each row's image.
        values: float16 or float32, rows first.

    Raises:
        StoreError: the disk is full or the folder cannot be written; nothing of the shard is left behind.
    """
    header = io.BytesIO()
    values = np.ascontiguousarray(values)
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(values))
    body = values.view(np.uint8).reshape(-1).data
    digest = hashlib.sha256(header.getvalue())
    digest.update(body)
    name = f"{hash_json(list(rows))[:16]}-{digest.hexdigest()[:16]}"
    manifest = ShardManifest(
        rows=tuple(rows),
        shape=tuple(int(n) for n in values.shape),
        dtype=str(values.dtype),
        data=f"{name}.npy",
        sha256=digest.hexdigest(),
        size=header.tell() + body.nbytes,
    )
    path = folder / f"{name}.json"
    with atomic_file(folder / manifest.data) as stream:
        stream.write(header.getvalue())
        stream.write(body)
    try:
        write_json(path, {"manifest": to_json(manifest), "sha256": hash_json(to_json(manifest))})
    except StoreError:
        (folder / manifest.data).unlink(missing_ok=True)
        raise
    return Shard(path, manifest)


def read_shard(path: Path) -> Shard:
    """Read a shard's manifest; the data is not looked at (``verify`` does).

    Raises:
        CorruptEntryError: the manifest is damaged, or of another version.
    """
    try:
        found = read_json(path)
        if not isinstance(found, dict) or found.get("sha256") != hash_json(found.get("manifest")):
            raise CorruptEntryError(f"{path} does not match its own hash.")
        manifest = from_json(ShardManifest, found["manifest"])
    except StoreError as error:
        raise CorruptEntryError(error.message) from error
    if manifest.format != FORMAT_VERSION or os.sep in manifest.data:
        raise CorruptEntryError(f"{path} has format {manifest.format}. Expected: {FORMAT_VERSION}.")
    return Shard(path, manifest)
