"""What is known about images and data sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One usable image of a data set: a row of ``manifest.csv``.

    Attributes:
        path: below the data folder, ``/`` separators; for arrays ``array/<index>``.
        label: name of its class.
        group: images of one group never stand on both sides of a split; the path itself when there are no groups.
        split: the user's own split (``train``, ``val``, ``test``), or empty.
        content: SHA-256 of the file's bytes (for arrays: of shape, dtype and values).
        width, height: in pixels, after the EXIF orientation.
        mode: Pillow's mode before conversion, e.g. ``"L"``, ``"RGBA"``, ``"I;16"``.
        format: Pillow's name of the file format, e.g. ``"JPEG"``; ``"array"`` for arrays.
        bytes: size of the file.
        phash: 64-bit perceptual hash, 16 hexadecimal digits.
        mean_rgb: mean colour, 0..255.
        contrast: standard deviation of the luminance, 0..127.5.
        sharpness: variance of the Laplacian of the luminance at 256 pixels' width; low means blurred.
        saturation: mean of max(RGB) - min(RGB), 0..255; 0 for a grey image.
        fold: outer fold, 0..k-1; -1 before folds are fixed.
        cluster: number of the cluster of (near-)duplicates it belongs to; -1 when it is like no other image.
        notes: how its file was handled, short and countable, e.g. ``"transparency laid over white"``.
    """

    path: str
    label: str
    group: str
    split: str
    content: str
    width: int
    height: int
    mode: str
    format: str
    bytes: int
    phash: str
    mean_rgb: tuple[float, float, float]
    contrast: float
    sharpness: float
    saturation: float
    fold: int = -1
    cluster: int = -1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that was seen and not used: a row of ``skipped_files.csv``.

    Attributes:
        path: below the data folder.
        outcome: ``skipped`` (it should have been an image) or ``ignored`` (it is none: .DS_Store, Thumbs.db, ...).
        reason: short and countable, e.g. ``"truncated"``.
        detail: what exactly was found.
    """

    path: str
    outcome: Literal["skipped", "ignored"]
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one health check found.

    Attributes:
        check: its name.
        severity: ``ok``, ``note`` (good to know), ``warning`` (costs accuracy or trust), ``error`` (nothing can be
            trusted).
        summary: one sentence for a person, with the figures.
        figures: the numbers behind it, plain JSON.
        examples: a few file names per kind of trouble.
    """

    check: str
    severity: Literal["ok", "note", "warning", "error"]
    summary: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
