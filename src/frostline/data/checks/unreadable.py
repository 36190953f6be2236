"""Files that should have been images and are not used."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Literal

from frostline.data.dataset import Dataset
from frostline.records import CheckResult

# Above this share the command line ends with a non-zero exit code unless told otherwise.
ALLOWED_SHARE = 0.01
_EXAMPLES = 5


def unreadable(dataset: Dataset) -> CheckResult:
    """Counts what was skipped, by reason; a warning above 1 %."""
    lost = [file for file in dataset.skipped if file.outcome == "skipped"]
    by_reason: dict[str, list[str]] = defaultdict(list)
    for file in lost:
        by_reason[file.reason].append(file.path)
    counts = Counter({reason: len(paths) for reason, paths in by_reason.items()})
    figures = {
        "seen": dataset.files_seen,
        "used": len(dataset),
        "skipped": len(lost),
        "ignored": len(dataset.skipped) - len(lost),
        "share": round(dataset.skipped_share, 4),
        "reasons": dict(counts),
    }
    if not lost:
        return CheckResult("unreadable", "ok", f"All {len(dataset)} image files can be read.", figures)
    told = ", ".join(f"{count} x {reason}" for reason, count in counts.most_common())
    summary = f"{len(lost)} of {len(lost) + len(dataset)} files ({dataset.skipped_share:.1%}) are not used: {told}."
    severity: Literal["warning", "note"] = "warning" if dataset.skipped_share > ALLOWED_SHARE else "note"
    examples = {reason: tuple(paths[:_EXAMPLES]) for reason, paths in by_reason.items()}
    return CheckResult("unreadable", severity, summary, figures, examples)
