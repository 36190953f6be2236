"""Images, near-duplicates or groups on both sides of the user's own split: its figures cannot be trusted."""

from __future__ import annotations

from frostline.data.dataset import Dataset
from frostline.data.duplicates import several_of
from frostline.records import CheckResult

_EXAMPLES = 5


def cross_split_leakage(dataset: Dataset) -> CheckResult:
    """Share of the images outside ``train`` whose content, cluster or group is also in ``train``; any is an error."""
    records = [record for record in dataset.records if record.split]
    splits = sorted({record.split for record in records})
    if len(splits) < 2:
        return CheckResult("cross_split_leakage", "ok", "The data have no split of their own.", {"splits": splits})
    split_of = [record.split for record in records]
    has_groups = any(record.group != record.path for record in records)
    keys = {
        "exact": [record.content for record in records],
        "near": [str(record.cluster) if record.cluster >= 0 else record.path for record in records],
        "group": [record.group if has_groups else record.path for record in records],
    }
    held_out = [i for i, split in enumerate(split_of) if split != "train"]
    leaked: dict[str, set[int]] = {}
    examples: dict[str, tuple[str, ...]] = {}
    for kind, names in keys.items():
        spanning = several_of(names, split_of)
        hit = [found for found in spanning.values() if any(split_of[i] == "train" for i in found)]
        leaked[kind] = {i for found in hit for i in found if split_of[i] != "train"}
        if hit:
            examples[kind] = tuple(" = ".join(_one_per_split(found, split_of, records)) for found in hit[:_EXAMPLES])
    images = set().union(*leaked.values())
    share = len(images) / max(1, len(held_out))
    figures = {"splits": splits, "held_out": len(held_out), "share": round(share, 4)}
    figures |= {kind: len(found) for kind, found in leaked.items()}
    if not images:
        return CheckResult("cross_split_leakage", "ok", "No held-out image has a relative in train.", figures)
    summary = (
        f"{len(images)} of {len(held_out)} held-out images ({share:.1%}) have a relative in train: {figures['exact']} "
        f"an exact copy, {figures['near']} a near-duplicate, {figures['group']} their group. Results on this split "
        "may be too good to be true."
    )
    return CheckResult("cross_split_leakage", "error", summary, figures, examples)


def _one_per_split(found: list[int], split_of: list[str], records: list) -> list[str]:  # type: ignore[type-arg]
    firsts = {split_of[i]: records[i].path for i in reversed(found)}
    return [firsts[split] for split in sorted(firsts)]
