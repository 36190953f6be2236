"""What reading one file gives: facts about a usable image, or the reason why it is not used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from frostline.data.decode import DecodedImage
from frostline.data.measure import Measured, measure


@dataclass(frozen=True, slots=True)
class Facts:
    """A usable image, without its place in the data set. Attributes as in ``ImageRecord``."""

    content: str
    width: int
    height: int
    mode: str
    format: str
    bytes: int
    notes: tuple[str, ...]
    measured: Measured


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not used. Attributes as in ``SkippedFile``."""

    outcome: Literal["skipped", "ignored"]
    reason: str
    detail: str


def facts_of(decoded: DecodedImage, *, content: str, size: int) -> Facts:
    """The facts of a decoded image.

    Args:
        decoded: what ``decode_image`` gave.
        content: SHA-256 of the file.
        size: of the file, in bytes.
    """
    return Facts(
        content=content,
        width=decoded.width,
        height=decoded.height,
        mode=decoded.mode,
        format=decoded.format,
        bytes=size,
        notes=decoded.notes,
        measured=measure(decoded.image),
    )
