"""From a data set's indices to batches of pixels, decoded by threads while the network computes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import DataError
from frostline.records import ImageRecord, InputContract


class PixelSource(Protocol):
    """What extraction needs of a data set (``frostline.data.Dataset`` has it)."""

    @property
    def records(self) -> tuple[ImageRecord, ...]:
        """One per image; only ``content`` and ``path`` are used."""

    def pixels(self, index: int, contract: InputContract) -> NDArray[np.uint8]:
        """``(size, size, 3)`` uint8 RGB of one image. Called from several threads."""


def decode_batches(
    dataset: PixelSource,
    indices: Sequence[int],
    contract: InputContract,
    *,
    batch_size: int,
    threads: int | None = None,
) -> Generator[NDArray[np.uint8], None, None]:
    """Decode images in the order of ``indices``.

    At most one batch and a few images per thread are decoded ahead, so memory does not grow with the number of images.

    Args:
        dataset: where pixels come from.
        indices: of the images.
        contract: its size and resize policy are applied.
        batch_size: images per batch; the last one may have fewer.
        threads: by default one per core, at most eight. Pillow decodes outside Python's lock.

    Yields:
        uint8 ``(b, size, size, 3)``.

    Raises:
        DataError: an image cannot be read any more.
    """
    threads = threads or min(8, os.cpu_count() or 1)
    waiting: deque[Future[NDArray[np.uint8]]] = deque()
    pending = iter(indices)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="frostline-decode")
    try:
        left = len(indices)
        while left:
            count = min(batch_size, left)
            batch = np.empty((count, contract.size, contract.size, 3), np.uint8)
            for row in range(count):
                ahead = batch_size + 2 * threads - len(waiting)
                waiting.extend(pool.submit(_decode, dataset, index, contract) for index in islice(pending, ahead))
                batch[row] = waiting.popleft().result()
            left -= count
            yield batch
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _decode(dataset: PixelSource, index: int, contract: InputContract) -> NDArray[np.uint8]:
    path = dataset.records[index].path
    try:
        pixels: NDArray[Any] = dataset.pixels(index, contract)
    except (DataError, OSError) as error:
        found = error.message if isinstance(error, DataError) else str(error)
        raise DataError(
            f"{path} could be read when the images were listed, but not any more: {found}",
            hint="did the folder change? Restore the file, or run the same command again: the folder is listed anew, "
            "and what is in the activation cache is kept.",
        ) from error
    if pixels.shape != (contract.size, contract.size, 3) or pixels.dtype != np.uint8:
        raise DataError(
            f"{path} gave pixels of dtype {pixels.dtype}, shape {pixels.shape}. "
            f"Expected: uint8 ({contract.size}, {contract.size}, 3)."
        )
    return pixels
