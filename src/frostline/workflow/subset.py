"""Fewer images, drawn so that classes keep their shares and groups stay whole."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from frostline.data import Dataset


def limit_images(dataset: Dataset, limit: int, *, seed: int) -> Dataset:
    """At most about ``limit`` images: whole groups in random order, until each class has its share.

    Args:
        dataset: all images.
        limit: 0 for no limit.
        seed: of the order of the groups.
    """
    n = len(dataset.records)
    if not limit or n <= limit:
        return dataset
    members: dict[str, list[int]] = defaultdict(list)
    for index, group in enumerate(dataset.groups):
        members[group].append(index)
    wanted = np.ceil(np.bincount(dataset.labels) * (limit / n)).astype(np.int64)
    have = np.zeros_like(wanted)
    names = sorted(members)
    chosen: list[int] = []
    for position in np.random.default_rng(seed).permutation(len(names)):
        indices = [i for i in members[names[position]] if have[dataset.labels[i]] < wanted[dataset.labels[i]]]
        for index in indices:
            if have[dataset.labels[index]] < wanted[dataset.labels[index]]:
                have[dataset.labels[index]] += 1
                chosen.append(index)
    return dataset.subset(sorted(chosen))
