"""Sizes and aspect ratios: what resizing to the network's input will do to these images."""

from __future__ import annotations

import numpy as np

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

_USUAL_INPUT = 224
_ELONGATED = 2.0
_WARN_SHARE = 0.1
_EXAMPLES = 5


def size_spread(dataset: Dataset) -> CheckResult:
    """Median size and its spread, enlargement to 224 pixels, share of elongated images.

    A warning when more than 10 % of the images are twice as long as wide (a centre crop cuts them, squashing distorts
    them), or when the median image is enlarged by more than 2.
    """
    width = np.array([record.width for record in dataset.records], float)
    height = np.array([record.height for record in dataset.records], float)
    shorter = np.minimum(width, height)
    aspect = np.maximum(width, height) / shorter
    elongated = float(np.mean(aspect >= _ELONGATED))
    enlargement = _USUAL_INPUT / float(np.median(shorter))
    low, high = (float(value) for value in np.percentile(shorter, (5, 95)))
    figures = {
        "median_width": float(np.median(width)),
        "median_height": float(np.median(height)),
        "shorter_side_p5": low,
        "shorter_side_p95": high,
        "median_aspect": round(float(np.median(aspect)), 3),
        "largest_aspect": round(float(aspect.max()), 2),
        "elongated_share": round(elongated, 4),
        "enlargement_to_224": round(enlargement, 2),
    }
    summary = (
        f"The median image has {figures['median_width']:.0f} x {figures['median_height']:.0f} pixels "
        f"(shorter side {low:.0f} to {high:.0f}); {elongated:.1%} are at least twice as long as wide; "
        f"at 224 pixels the median image is scaled by {enlargement:.1f}."
    )
    is_bad = elongated > _WARN_SHARE or enlargement > 2
    longest = tuple(dataset.records[i].path for i in np.argsort(-aspect)[:_EXAMPLES])
    examples = {"longest": longest} if elongated else {}
    severity = "warning" if is_bad else "note" if high > 4 * low else "ok"
    return CheckResult("size_spread", severity, summary, figures, examples)  # type: ignore[arg-type]
