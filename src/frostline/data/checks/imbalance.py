"""Classes of very different sizes, or with too few images or groups."""

from __future__ import annotations

import numpy as np

from frostline.data.dataset import Dataset
from frostline.records import CheckResult
from frostline.stats.folds import groups_per_class

# A tenth: from here on a class loses visibly under plain cross-entropy (Buda et al. 2018, ratios of 10 and more).
_RATIO = 10.0
_FEW_IMAGES = 10
_FEW_GROUPS = 5
_EXAMPLES = 5


def imbalance(dataset: Dataset) -> CheckResult:
    """Sizes of the classes; a warning from a ratio of 10 on, a note for classes with few images or groups.

    Source: M. Buda et al., A systematic study of the class imbalance problem in convolutional neural networks (2018).
    """
    counts = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    groups = groups_per_class(dataset.labels, dataset.groups)
    largest, smallest = int(counts.argmax()), int(counts.argmin())
    ratio = float(counts[largest] / max(1, counts[smallest]))
    few = [name for i, name in enumerate(dataset.class_names) if counts[i] < _FEW_IMAGES]
    narrow = [name for i, name in enumerate(dataset.class_names) if groups[i] < _FEW_GROUPS]
    figures = {
        "classes": len(counts),
        "largest": int(counts[largest]),
        "smallest": int(counts[smallest]),
        "ratio": round(ratio, 2),
        "majority_share": round(float(counts[largest] / counts.sum()), 4),
        "groups_min": min(groups.values()),
        "below_10_images": len(few),
        "below_5_groups": len(narrow),
    }
    names = dataset.class_names
    sizes = f"{len(counts)} classes of {counts[smallest]} images each"
    if counts[smallest] < counts[largest]:
        sizes = (
            f"{len(counts)} classes of {counts[smallest]} ({names[smallest]}) to {counts[largest]} ({names[largest]}) "
            f"images, a ratio of {ratio:.1f}"
        )
    summary = f"{sizes}; the class with the fewest groups has {figures['groups_min']}."
    examples = {"few images": tuple(few[:_EXAMPLES]), "few groups": tuple(narrow[:_EXAMPLES])}
    severity = "warning" if ratio >= _RATIO else "note" if few or narrow else "ok"
    return CheckResult("imbalance", severity, summary, figures, {k: v for k, v in examples.items() if v})  # type: ignore[arg-type]
