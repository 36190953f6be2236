"""Images that are nearly the same: re-encoded, resized, slightly cropped, neighbouring frames."""

from __future__ import annotations

from collections import defaultdict

from frostline.data.dataset import Dataset
from frostline.records import CheckResult, ImageRecord

_WARN_SHARE = 0.02
_EXAMPLES = 5


def near_duplicates(dataset: Dataset) -> CheckResult:
    """Counts clusters with different contents; they are on one side of every split. A warning above 2 % of images."""
    by_cluster: dict[int, list[ImageRecord]] = defaultdict(list)
    for record in dataset.records:
        if record.cluster >= 0:
            by_cluster[record.cluster].append(record)
    near = [found for found in by_cluster.values() if len({record.content for record in found}) > 1]
    images = sum(len(found) for found in near)
    share = images / max(1, len(dataset))
    spanning = sum(len({record.group for record in found}) > 1 for found in near)
    figures = {
        "clusters": len(near),
        "images": images,
        "share": round(share, 4),
        "largest": max((len(found) for found in near), default=0),
        "clusters_across_groups": spanning,
    }
    if not near:
        return CheckResult("near_duplicates", "ok", "No near-duplicates were found.", figures)
    summary = (
        f"{images} images ({share:.1%}) are nearly the same as others, in {len(near)} clusters; the largest has "
        f"{figures['largest']}. Each cluster stays on one side of every split."
    )
    examples = {"clusters": tuple(" ~ ".join(record.path for record in found[:3]) for found in near[:_EXAMPLES])}
    return CheckResult("near_duplicates", "warning" if share > _WARN_SHARE else "note", summary, figures, examples)
