"""The same image under two labels: at least one label is wrong."""

from __future__ import annotations

from frostline.data.dataset import Dataset
from frostline.data.duplicates import several_of
from frostline.records import CheckResult

_EXAMPLES = 5


def cross_class_duplicates(dataset: Dataset) -> CheckResult:
    """Counts contents and near-duplicate clusters with several labels; exact ones are a warning, near ones a note."""
    records = dataset.records
    labels = [record.label for record in records]
    exact = several_of([record.content for record in records], labels)
    inside = [i for i, record in enumerate(records) if record.cluster >= 0]
    near = several_of([records[i].cluster for i in inside], [labels[i] for i in inside])
    images = sum(len(found) for found in exact.values())
    only_near = max(0, len(near) - len({records[found[0]].cluster for found in exact.values()}))
    figures = {"exact": len(exact), "exact_images": images, "near": only_near}
    if not exact and not near:
        return CheckResult("cross_class_duplicates", "ok", "No image lies in two classes.", figures)
    summary = (
        f"{len(exact)} images lie in several classes as exact copies, and {only_near} as near-duplicates; "
        "at least one label of each is wrong, or the classes overlap."
    )
    shown = [[records[i].path for i in found[:3]] for found in exact.values()]
    shown += [[records[inside[i]].path for i in found[:3]] for found in near.values()]
    examples = {"images": tuple(" = ".join(paths) for paths in shown[:_EXAMPLES])}
    return CheckResult("cross_class_duplicates", "warning" if exact else "note", summary, figures, examples)
