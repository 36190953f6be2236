"""The laboratory: measures experiments on one data set and one backbone, and remembers what it measured."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from frostline.activations import Activations, ActivationStore, extract
from frostline.backbones import Backbone
from frostline.core.progress import Progress
from frostline.data import Dataset
from frostline.diagnose.experiment import Experiment, Outcome, OutOfBudgetError
from frostline.recipe import Recipe
from frostline.stats import balanced_accuracy
from frostline.workflow.budget import Plan
from frostline.workflow.estimators import ESTIMATORS
from frostline.workflow.outcomes import OutcomeFolder
from frostline.workflow.splits import Split, splits_of

Features = NDArray[np.float32]

_WITHOUT_NETWORK = ("majority", "raw pixels")


class Laboratory:
    """Executes experiments; satisfies ``diagnose.Execute``.

    Args:
        dataset: with its outer folds fixed.
        backbone: the frozen network.
        recipe: the set-up to explain, names resolved.
        store: the activation cache.
        outcomes: where outcomes are remembered.
        plan: what the preset and the time limit leave out.
        seeds: how often what depends on chance is repeated.
        progress: told what is going on.
    """

    def __init__(
        self,
        dataset: Dataset,
        backbone: Backbone,
        recipe: Recipe,
        *,
        store: ActivationStore,
        outcomes: OutcomeFolder,
        plan: Plan,
        seeds: int,
        progress: Progress,
    ) -> None:
        self.dataset = dataset
        self.backbone = backbone
        self.recipe = recipe
        self.store = store
        self.outcomes = outcomes
        self.plan = plan
        self.seeds = seeds
        self.progress = progress
        self._activations: Activations | None = None
        self._cached: tuple[str, Features] | None = None
        self._remembered: dict[Experiment, Outcome] = {}

    @property
    def cuts(self) -> tuple[str, ...]:
        """Names of the backbone's cuts, from the input's side."""
        return tuple(cut.name for cut in self.backbone.cuts)

    def __call__(self, experiment: Experiment) -> Outcome:
        """The outcome of ``experiment``: remembered, or measured now.

        Raises:
            OutOfBudgetError: the preset or the time limit leaves it out.
        """
        if experiment in self._remembered:
            return self._remembered[experiment]
        reason = self.plan.left_out(experiment)
        if reason:
            raise OutOfBudgetError(reason)
        outcome = self.outcomes.load(experiment)
        if outcome is None:
            if experiment.estimator not in _WITHOUT_NETWORK:
                self.activations()
            # Extraction is shared by all, and no experiment's cost.
            started = time.perf_counter()
            self.progress.start(experiment.name, None)
            outcome = ESTIMATORS[experiment.estimator](self, experiment)
            outcome = replace(outcome, seconds=time.perf_counter() - started)
            self.outcomes.save(experiment, outcome)
            self.progress.finish(f"{self.score(outcome):.3f}")
        self._remembered[experiment] = outcome
        return outcome

    def measured(self) -> Mapping[Experiment, Outcome]:
        """Everything that was executed, in the order of execution."""
        return dict(self._remembered)

    def score(self, outcome: Outcome) -> float:
        """Balanced accuracy over the images that were scored, mean over seeds."""
        values = []
        for predictions in outcome.predictions:
            scored = predictions >= 0
            values.append(balanced_accuracy(self.dataset.labels[scored], predictions[scored]))
        return float(np.mean(values))

    def activations(self) -> Activations:
        """Mean-pooled activations of every image at every cut; extracted at first use."""
        if self._activations is None:
            self._activations = extract(
                self.dataset,
                self.backbone,
                self.cuts,
                resize=self.recipe.input.resize,
                store=self.store,
                progress=self.progress,
            )
        return self._activations

    def features(self, cut: str) -> Features:
        """(n, channels) float32 at one cut; the last one asked for is kept."""
        if self._cached is None or self._cached[0] != cut:
            self._cached = None
            self._cached = (cut, self.activations().read(cut))
        return self._cached[1]

    def tapped(self, recipe: Recipe) -> Features:
        """What the recipe's head sees: its taps' features, joined."""
        taps = recipe.freeze.taps or (self.cuts[-1],)
        if len(taps) == 1:
            return self.features(taps[0])
        return np.concatenate([self.activations().read(cut) for cut in taps], axis=1)

    def split(self, experiment: Experiment) -> Split:
        """The folds and groups that the experiment asks for."""
        return splits_of(self.dataset, experiment.folds, seed=self.recipe.seed)

    def random_features(self) -> Features:
        """(n, channels) at the last cut of the same network with random weights."""
        last = self.cuts[-1]
        activations = extract(
            self.dataset,
            self.backbone.with_random_weights(self.recipe.seed),
            (last,),
            resize=self.recipe.input.resize,
            store=self.store,
            progress=self.progress,
        )
        return activations.read(last)
