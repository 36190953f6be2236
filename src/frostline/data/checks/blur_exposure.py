"""Images that are blurred, nearly empty, too dark or too bright."""

from __future__ import annotations

import numpy as np

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

_DARK, _BRIGHT = 20.0, 235.0
_EMPTY_CONTRAST = 4.0
# Sharpness differs by orders of magnitude between photographs and drawings, so blur is told against the set's own
# median; an absolute limit would call every smooth subject blurred.
_BLURRED_SHARE_OF_MEDIAN = 0.05
_WARN_SHARE = 0.05
_EXAMPLES = 5


def blur_exposure(dataset: Dataset) -> CheckResult:
    """Counts images by trouble; a warning above 5 % in all. Bright drawings on white are not counted as overexposed."""
    records = dataset.records
    rgb = np.array([record.mean_rgb for record in records])
    brightness = rgb @ (0.299, 0.587, 0.114)
    contrast = np.array([record.contrast for record in records])
    sharpness = np.array([record.sharpness for record in records])
    empty = contrast < _EMPTY_CONTRAST
    low = contrast < 4 * _EMPTY_CONTRAST
    flags = {
        "nearly one colour": empty,
        "too dark": (brightness < _DARK) & low & ~empty,
        "too bright": (brightness > _BRIGHT) & low & ~empty,
        "blurred": (sharpness < _BLURRED_SHARE_OF_MEDIAN * np.median(sharpness)) & ~empty,
    }
    total = int(np.any(list(flags.values()), axis=0).sum())
    share = total / max(1, len(records))
    figures = {"count": total, "share": round(share, 4), "median_sharpness": round(float(np.median(sharpness)), 1)}
    figures |= {name: int(flag.sum()) for name, flag in flags.items()}
    if not total:
        return CheckResult("blur_exposure", "ok", "No image is empty, badly exposed or blurred.", figures)
    told = ", ".join(f"{int(flag.sum())} {name}" for name, flag in flags.items() if flag.any())
    examples = {
        name: tuple(records[i].path for i in np.flatnonzero(flag)[:_EXAMPLES])
        for name, flag in flags.items()
        if flag.any()
    }
    summary = f"{total} images ({share:.1%}) show little: {told}."
    return CheckResult("blur_exposure", "warning" if share > _WARN_SHARE else "note", summary, figures, examples)
