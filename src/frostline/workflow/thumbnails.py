"""Small grey pictures of every image: the features of the raw-pixel control."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from frostline.core.progress import Progress
from frostline.data import Dataset
from frostline.records import InputContract

_WORKERS = 4
_CHUNK = 256
# ITU-R BT.601 luma, as Pillow's conversion to "L".
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def grey_thumbnails(dataset: Dataset, *, size: int, progress: Progress) -> NDArray[np.float32]:
    """(n, size, size) float32 luminance in 0..255; aspect ratio not kept, decoded as for the network."""
    contract = InputContract(size=size, resize="squash")
    result = np.empty((len(dataset.records), size, size), dtype=np.float32)

    def fill(index: int) -> None:
        result[index] = dataset.pixels(index, contract) @ _LUMA

    progress.start("grey thumbnails", len(result))
    with ThreadPoolExecutor(_WORKERS) as pool:
        for start in range(0, len(result), _CHUNK):
            indices = range(start, min(start + _CHUNK, len(result)))
            list(pool.map(fill, indices))
            progress.advance(len(indices))
    progress.finish()
    return result
