"""Grey images, and mixtures of grey and colour that may give the class away."""

from __future__ import annotations

import numpy as np

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

# Mean of max(RGB) - min(RGB): what JPEG leaves of colour in a grey image stays below.
GREY_SATURATION = 2.0
_UNEVEN = 0.5


def grayscale_share(dataset: Dataset) -> CheckResult:
    """Share of grey images, in all and by class; a warning when it differs by .5 or more between classes."""
    grey = np.array([record.saturation < GREY_SATURATION for record in dataset.records])
    shares = np.array([grey[dataset.labels == c].mean() for c in range(len(dataset.class_names))])
    share = float(grey.mean())
    spread = float(shares.max() - shares.min())
    modes: dict[str, int] = {}
    for record in dataset.records:
        modes[record.mode] = modes.get(record.mode, 0) + 1
    figures = {"share": round(share, 4), "spread_between_classes": round(spread, 4), "modes": modes}
    if spread >= _UNEVEN:
        most, least = int(shares.argmax()), int(shares.argmin())
        names = dataset.class_names
        summary = (
            f"{share:.1%} of the images are grey, but {shares[most]:.0%} of {names[most]} and {shares[least]:.0%} of "
            f"{names[least]}: colour alone may give the class away."
        )
        return CheckResult("grayscale_share", "warning", summary, figures)
    summary = f"{share:.1%} of the images are grey."
    return CheckResult("grayscale_share", "note" if share > 0 else "ok", summary, figures)
