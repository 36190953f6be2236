"""Files with identical content."""

from __future__ import annotations

from collections import defaultdict

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

_WARN_SHARE = 0.01
_EXAMPLES = 5


def duplicates(dataset: Dataset) -> CheckResult:
    """Counts exact copies; they stay, on one side of every split. A warning above 1 % copies."""
    by_content: dict[str, list[str]] = defaultdict(list)
    for record in dataset.records:
        by_content[record.content].append(record.path)
    several = [paths for paths in by_content.values() if len(paths) > 1]
    copies = sum(len(paths) - 1 for paths in several)
    share = copies / max(1, len(dataset))
    figures = {"copies": copies, "originals": len(several), "share": round(share, 4)}
    if not copies:
        return CheckResult("duplicates", "ok", "No two files have the same content.", figures)
    summary = f"{copies} files ({share:.1%}) are exact copies of others; copies stay on one side of every split."
    examples = {"copies": tuple(" = ".join(paths[:3]) for paths in several[:_EXAMPLES])}
    return CheckResult("duplicates", "warning" if share > _WARN_SHARE else "note", summary, figures, examples)
