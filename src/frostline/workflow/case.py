"""From measurements to the read-only view that causes are given."""

from __future__ import annotations

from collections import Counter

from frostline.data import Dataset
from frostline.diagnose.case import Case, DepthPoint, Duplication
from frostline.records import CheckResult
from frostline.workflow.laboratory import Laboratory
from frostline.workflow.splits import TRAINING, has_user_split


def make_case(
    laboratory: Laboratory,
    checks: tuple[CheckResult, ...],
    depth: tuple[DepthPoint, ...],
) -> Case:
    """The case of one run."""
    dataset = laboratory.dataset
    return Case(
        recipe=laboratory.recipe,
        class_names=dataset.class_names,
        labels=dataset.labels,
        groups=dataset.groups,
        folds=dataset.folds,
        has_user_split=has_user_split(dataset),
        checks=checks,
        duplication=count_duplication(dataset),
        depth=depth,
        data=dataset.name,
    )


def count_duplication(dataset: Dataset) -> Duplication:
    """How images hang together: exact and near duplicates, groups, and what straddles the user's split."""
    contents = Counter(record.content for record in dataset.records)
    groups = Counter(dataset.groups)
    named = {record.group for record in dataset.records if record.group != record.path}
    in_training = {g for g, r in zip(dataset.groups, dataset.records, strict=True) if r.split == TRAINING}
    straddling = sum(
        group in in_training and record.split not in ("", TRAINING)
        for group, record in zip(dataset.groups, dataset.records, strict=True)
    )
    return Duplication(
        exact=sum(contents[record.content] > 1 for record in dataset.records),
        near=int((dataset.clusters >= 0).sum()),
        across_user_split=straddling,
        user_groups=len(named),
        linked=sum(groups[group] > 1 for group in dataset.groups),
    )
