"""The three ways to split: leak-proof, at random, and as the user did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frostline.data import Dataset
from frostline.diagnose.experiment import Folds
from frostline.stats import feasible_folds, grouped_stratified_folds

TRAINING = "train"
VALIDATION = ("val", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Folds and the groups that inner splits must respect.

    Attributes:
        folds: (n,) fold of each image; an image of fold f is scored by what was fitted to the other folds.
        groups: (n,) groups for inner splits.
        scored: the folds that are scored; the others are only trained on.
    """

    folds: NDArray[np.int64]
    groups: Sequence[str]
    scored: tuple[int, ...]

    def training(self, fold: int) -> NDArray[np.bool_]:
        """(n,) the images that are fitted to when ``fold`` is scored."""
        return np.asarray((self.folds != fold) & (self.folds >= 0))


def splits_of(dataset: Dataset, folds: Folds, *, seed: int) -> Split:
    """The split that an experiment asks for.

    ``ungrouped`` has as many folds as the leak-proof split and ignores groups and duplicates. ``user`` has two: fold 0
    is what the user trains on, fold 1 what they validate on; only fold 1 is scored. ``user_clean`` has fold -1, which
    is neither, for training images that have a relative among the scored ones.
    """
    if folds == "grouped":
        return Split(dataset.folds, dataset.groups, tuple(sorted(set(dataset.folds.tolist()))))
    alone = [str(index) for index in range(len(dataset.labels))]
    if folds in ("user", "user_clean"):
        user = np.array([0 if record.split == TRAINING else 1 for record in dataset.records], dtype=np.int64)
        if folds == "user_clean":
            held_out = {group for group, side in zip(dataset.groups, user, strict=True) if side == 1}
            related = np.array([group in held_out for group in dataset.groups])
            user[related & (user == 0)] = -1
        return Split(user, alone, (1,))
    k = feasible_folds(dataset.labels, alone, len(set(dataset.folds.tolist())))
    at_random = grouped_stratified_folds(dataset.labels, alone, k, seed=seed)
    return Split(at_random, alone, tuple(range(k)))


def has_user_split(dataset: Dataset) -> bool:
    """Whether the data came with a training part and a validation part."""
    splits = {record.split for record in dataset.records}
    return TRAINING in splits and any(name in splits for name in VALIDATION)
