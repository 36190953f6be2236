"""Collects the rows of a running extraction and writes them as shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from frostline.activations.key import ActivationKey
from frostline.activations.shards import compact
from frostline.activations.store import ActivationStore, Located
from frostline.core.errors import DataError
from frostline.core.progress import Progress

_ROWS = 512
_BYTES = 64 * 2**20


class ShardWriter:
    """Fills one buffer per cut; when they are full, writes one shard per cut.

    Shards end at multiples of the batch size, so that a run that goes on after a kill forms the
    same batches and shards.

    Args:
        store: where to.
        keys: of each cut that is written, in the order of the engine's outputs.
        located: told where the rows stand, by cut.
        contents: content hash of each distinct image.
        batch_size: of the extraction.
        progress: told of shards that need float32.
    """

    def __init__(
        self,
        store: ActivationStore,
        keys: Mapping[str, ActivationKey],
        located: Mapping[str, Located],
        contents: Sequence[str],
        *,
        batch_size: int,
        progress: Progress,
    ) -> None:
        self._store = store
        self._keys = keys
        self._located = located
        self._contents = contents
        self._batch_size = batch_size
        self._progress = progress
        self._buffers: dict[str, NDArray[np.float32]] = {}
        self._images: list[int] = []
        self._capacity = 0
        self.wide: set[str] = set()

    def add(self, images: Sequence[int], outputs: Sequence[NDArray[np.float32]]) -> None:
        """Take the activations of a batch of distinct images; writes shards that are full.

        Raises:
            StoreError: the disk is full. Shards that were finished stay.
            DataError: the network gave values that are not finite.
        """
        if not self._buffers:
            self._allocate(outputs)
        start, stop = len(self._images), len(self._images) + len(images)
        for cut, output in zip(self._keys, outputs, strict=True):
            finite = np.isfinite(output).reshape(len(output), -1).all(axis=1)
            if not finite.all():
                raise DataError(
                    f"The activations at {cut} are not finite for {int((~finite).sum())} image(s) of a batch, "
                    f"the first with content {self._contents[images[int(np.argmin(finite))]][:12]}.",
                    hint="look at that image, and check that the weights fit the network.",
                )
            self._buffers[cut][start:stop] = output
        self._images.extend(images)
        if stop + self._batch_size > self._capacity:
            self.flush()

    def flush(self) -> None:
        """Write what is there.

        Raises:
            StoreError: the disk is full. Shards that were finished stay.
        """
        count = len(self._images)
        for cut, key in self._keys.items():
            located = self._located[cut]
            rows = [row for row, image in enumerate(self._images) if located.shard_of[image] < 0]
            if not rows:
                continue
            values = self._buffers[cut][:count]
            if len(rows) < count:
                values = values[rows]
            # Moments are differences of squares: float16 would lose the standard deviation.
            kept = values.copy() if key.pooling == "moments" else compact(values)
            if key.pooling != "moments" and kept.dtype == np.float32 and cut not in self.wide:
                self.wide.add(cut)
                self._progress.say(f"Activations at {cut} do not fit into float16's range: kept as float32.")
            images = [self._images[row] for row in rows]
            shard = self._store.write(key, [self._contents[image] for image in images], kept)
            located.add(shard.open(), images, range(len(images)))
        self._images.clear()

    def _allocate(self, outputs: Sequence[NDArray[np.float32]]) -> None:
        row_bytes = sum(output[0].nbytes for output in outputs)
        batches = max(1, min(_ROWS, _BYTES // max(1, row_bytes)) // self._batch_size)
        self._capacity = batches * self._batch_size
        self._buffers = {
            cut: np.empty((self._capacity, *output.shape[1:]), np.float32)
            for cut, output in zip(self._keys, outputs, strict=True)
        }
