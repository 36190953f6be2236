"""Images with too few pixels to show anything at the usual input size."""

from __future__ import annotations

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

# Below this shorter side, 224 pixels show an enlargement by 7 and more: one pixel covers a whole first-layer filter.
TINY_SIDE = 32
_WARN_SHARE = 0.05
_EXAMPLES = 5


def tiny(dataset: Dataset) -> CheckResult:
    """Counts images whose shorter side is below 32 pixels; a warning above 5 %."""
    small = [record for record in dataset.records if min(record.width, record.height) < TINY_SIDE]
    share = len(small) / max(1, len(dataset))
    figures = {"count": len(small), "share": round(share, 4), "below": TINY_SIDE}
    if not small:
        return CheckResult("tiny", "ok", f"No image is smaller than {TINY_SIDE} pixels.", figures)
    summary = f"{len(small)} images ({share:.1%}) have a side below {TINY_SIDE} pixels and are enlarged many times."
    examples = {"files": tuple(f"{r.path} ({r.width} x {r.height})" for r in small[:_EXAMPLES])}
    return CheckResult("tiny", "warning" if share > _WARN_SHARE else "note", summary, figures, examples)
