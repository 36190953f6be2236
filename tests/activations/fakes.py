"""Data sets in memory for tests of extraction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import DataError
from frostline.core.hashing import hash_bytes
from frostline.core.progress import SilentProgress
from frostline.records import ImageRecord, InputContract


@dataclass
class Images:
    """The data set's seam over an array: contents, pixels, and which images were decoded."""

    values: NDArray[np.uint8]
    broken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.decoded: list[int] = []
        self.records = tuple(record(i, hash_bytes(image.tobytes())) for i, image in enumerate(self.values))

    def pixels(self, index: int, contract: InputContract) -> NDArray[np.uint8]:
        self.decoded.append(index)
        if index in self.broken:
            raise DataError("the file is gone.")
        return self.values[index]


class Told(SilentProgress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, message: str) -> None:
        self.lines.append(message)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def images(count: int, *, size: int = 32, seed: int = 0) -> Images:
    return Images(np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8))


def record(index: int, content: str) -> ImageRecord:
    return ImageRecord(
        path=f"a/{index}.png", label="a", group=str(index), split="", content=content, width=32, height=32, mode="RGB",
        format="PNG", bytes=1, phash="0" * 16, mean_rgb=(0.0, 0.0, 0.0), contrast=1.0, sharpness=1.0, saturation=1.0,
    )  # fmt: skip
