"""Cases made by hand: predictions with a planted accuracy, and an ``execute`` that hands them out."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from frostline.diagnose.case import Case, DepthPoint, Duplication
from frostline.diagnose.experiment import Experiment, Outcome, OutOfBudgetError
from frostline.recipe import FreezeRecipe, Recipe, classic_recipe
from frostline.records import Cut, Estimate

IMAGES, CLASSES = 600, 4
LABELS = np.arange(IMAGES, dtype=np.int64) % CLASSES
GROUPS = tuple(f"g{i // 4}" for i in range(IMAGES))


def recipe(**changes: object) -> Recipe:
    classic = classic_recipe("tiny")
    return Recipe(classic.backbone, freeze=FreezeRecipe("late", ("late",)), **changes)  # type: ignore[arg-type]


def case(*, linked: int = IMAGES, user_groups: int = 150, user_split: bool = False, **changes: object) -> Case:
    points = tuple(
        DepthPoint(Cut(name, depth, 8, 2**depth), Estimate(value, value - 0.02, value + 0.02), value, shift)
        for depth, (name, value, shift) in enumerate([("early", 0.6, 0.2), ("middle", 0.8, 0.4), ("late", 0.7, 0.9)])
    )
    values: dict[str, object] = {
        "recipe": recipe(),
        "class_names": tuple("abcd"),
        "labels": LABELS,
        "groups": GROUPS,
        "folds": np.arange(IMAGES, dtype=np.int64) // 4 % 5,
        "has_user_split": user_split,
        "checks": (),
        "duplication": Duplication(0, 0, 20 if user_split else 0, user_groups, linked),
        "depth": points,
    }
    return Case(**{**values, **changes})  # type: ignore[arg-type]


def predictions(accuracy: float, seed: int = 0) -> NDArray[np.int64]:
    """(1, n): right for that share of the images, drawn once for all accuracies, so that comparisons are paired."""
    luck = np.random.default_rng(seed).permutation(IMAGES) / IMAGES
    return np.where(luck < accuracy, LABELS, (LABELS + 1) % CLASSES)[np.newaxis]


class Planted:
    """Gives each experiment the accuracy planted for its name, and remembers what was asked."""

    def __init__(self, accuracy: Mapping[str, float], *, without_budget: tuple[str, ...] = ()) -> None:
        self.accuracy = accuracy
        self.without_budget = without_budget
        self.asked: list[str] = []

    def __call__(self, experiment: Experiment) -> Outcome:
        if experiment.name in self.without_budget:
            raise OutOfBudgetError("no time")
        if experiment.name not in self.accuracy:
            raise OutOfBudgetError("nothing planted")
        self.asked.append(experiment.name)
        chosen = {"best taps": ["middle"] * 5, "best head": ["linear"] * 5}.get(experiment.estimator, [])
        return Outcome(predictions(self.accuracy[experiment.name]), 1.0, 3.0, (), {"chosen": chosen}, 1.0)
