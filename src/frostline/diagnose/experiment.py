"""What a cause may ask for, and what it gets: ``workflow`` injects ``execute(experiment) -> Outcome``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from frostline.recipe import HeadRecipe, Recipe, TrainingRecipe, classic_recipe
from frostline.records import EpochRow

Estimator = Literal["head", "best head", "best cut", "best taps", "majority", "raw pixels", "random weights"]
# What an outcome's ``chosen`` says for all cuts joined.
JOINED = "all cuts"
Folds = Literal["grouped", "ungrouped", "user", "user_clean"]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A recipe, a way of splitting and an estimator: what is to be measured on the outer folds.

    Attributes:
        name: unique in a run; the leaderboard's name for it.
        recipe: what is built.
        estimator: ``head``: the recipe's own head on the recipe's own taps. ``best head``: among linear, nearest
            centroid and kNN on the recipe's taps, chosen on inner folds. ``best cut``: a linear head on the one cut
            that the inner folds choose. ``best taps``: the same, with all cuts joined (Head2Toe) as one more choice.
            The controls: ``majority`` class, ``raw pixels`` (24x24 grey), ``random weights`` (linear head on the same
            network, untrained).
        folds: ``grouped``: leak-proof. ``ungrouped``: stratified at random, as if there were no groups. ``user``:
            trained on the user's training images, scored on the user's validation images. ``user_clean``: the same
            without the training images that have a relative (twin, near duplicate, group) among the validation images.
    """

    name: str
    recipe: Recipe
    estimator: Estimator = "head"
    folds: Folds = "grouped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an experiment gave.

    Attributes:
        predictions: (seeds, n) int64 class indices, out of fold; -1 where an image was not scored.
        train_balanced_accuracy: on the images fitted to, mean over folds and seeds; NaN when it has no meaning.
        epochs_to_95pct: mean over trainings that gained anything; None for what is not trained by epochs.
        history: every epoch of what was trained.
        details: numbers that explain it (strengths, chosen cuts by fold), plain JSON.
        seconds: what measuring it took.
    """

    predictions: NDArray[np.int64]
    train_balanced_accuracy: float
    epochs_to_95pct: float | None
    history: tuple[EpochRow, ...]
    details: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def most_chosen(self) -> str:
        """What most outer folds chose (``details["chosen"]``); the first by name among equals."""
        chosen = list(self.details["chosen"])
        return str(max(sorted(set(chosen)), key=chosen.count))


def baseline(recipe: Recipe, folds: Folds = "grouped") -> Experiment:
    """The set-up to explain: named ``classic`` when it has the classic head and training, else ``asked``."""
    name = "classic" if (recipe.head, recipe.training) == (HeadRecipe(), TrainingRecipe()) else "asked"
    return Experiment(name if folds == "grouped" else f"{name}_{folds}", recipe, folds=folds)


def linear_head(recipe: Recipe) -> Recipe:
    """The same recipe with a standardised, L2-regularised linear head."""
    return replace(recipe, head=HeadRecipe("linear", hidden=()))


def majority() -> Experiment:
    """The control that gives every image the most frequent class."""
    return Experiment("majority", classic_recipe("none"), "majority")


def raw_pixels() -> Experiment:
    """The control without any network: a linear head on 24x24 grey pixels."""
    return Experiment("raw_pixels", classic_recipe("none"), "raw pixels")


def random_weights(recipe: Recipe) -> Experiment:
    """The control without any pretraining: a linear head on the same network with random weights."""
    return Experiment("random_weights", linear_head(recipe), "random weights")


def cut_probe(recipe: Recipe, cut: str, folds: Folds = "grouped") -> Experiment:
    """The linear probe at one cut."""
    tapped = replace(linear_head(recipe), freeze=replace(recipe.freeze, taps=(cut,)))
    name = f"probe_{cut}" if folds == "grouped" else f"probe_{cut}_{folds}"
    return Experiment(name, tapped, folds=folds)


def best_cut(recipe: Recipe) -> Experiment:
    """A linear head on the one cut that the inner folds choose."""
    return Experiment("best_cut", linear_head(recipe), "best cut")


def joined_cuts(recipe: Recipe, cuts: Sequence[str]) -> Experiment:
    """A linear head on the most useful share of the features of all cuts (Head2Toe)."""
    freeze = replace(recipe.freeze, taps=tuple(cuts))
    return Experiment("concatenated_cuts", replace(recipe, head=HeadRecipe("head2toe", hidden=()), freeze=freeze))


class Execute(Protocol):
    """Measures an experiment, or gives back what was measured before."""

    def __call__(self, experiment: Experiment) -> Outcome:
        """The outcome of ``experiment``.

        Raises:
            OutOfBudgetError: the preset or the time limit leaves it out.
        """
        ...


class OutOfBudgetError(Exception):
    """An experiment that the preset or the time limit leaves out; its cause is ``not tested (budget)``."""
