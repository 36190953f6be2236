"""Files whose name promises another format than their content has."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

_SUFFIXES = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"},
    "MPO": {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"},
    "PNG": {".png", ".apng"},
    "GIF": {".gif"},
    "BMP": {".bmp", ".dib"},
    "DIB": {".bmp", ".dib"},
    "TIFF": {".tif", ".tiff"},
    "WEBP": {".webp"},
    "PPM": {".ppm", ".pgm", ".pbm", ".pnm"},
    "JPEG2000": {".jp2", ".j2k", ".jpx"},
    "AVIF": {".avif", ".avifs"},
    "HEIF": {".heic", ".heif"},
}
_EXAMPLES = 5


def wrong_type(dataset: Dataset) -> CheckResult:
    """Counts images with a misleading suffix. They are used by their content; other programs may trip over them."""
    wrong = [
        record
        for record in dataset.records
        if record.format in _SUFFIXES and PurePosixPath(record.path).suffix.lower() not in _SUFFIXES[record.format]
    ]
    kinds = Counter(f"{PurePosixPath(r.path).suffix.lower() or 'no suffix'} holding {r.format}" for r in wrong)
    figures = {"count": len(wrong), "kinds": dict(kinds)}
    if not wrong:
        return CheckResult("wrong_type", "ok", "Every file's name fits its content.", figures)
    told = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common(3))
    summary = f"{len(wrong)} files have a name that does not fit their content ({told}); they were read by content."
    return CheckResult("wrong_type", "note", summary, figures, {"files": tuple(r.path for r in wrong[:_EXAMPLES])})
