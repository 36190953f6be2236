"""Accuracy, shift and transferability by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from frostline.activations import extract
from frostline.core.hashing import hash_json
from frostline.core.store import remember
from frostline.data import Dataset
from frostline.diagnose.case import DepthPoint
from frostline.diagnose.experiment import Outcome, OutOfBudgetError, cut_probe
from frostline.probes import shift
from frostline.probes.scores import scores
from frostline.stats import estimate_balanced_accuracy
from frostline.workflow.laboratory import Laboratory

# Images that the channels' moments and the scores are taken over; more change the second decimal at most.
_SAMPLE = 256
_SCORED = 2_000
_SCORES = ("logme", "hscore", "nleep")


def measure_depth(laboratory: Laboratory) -> tuple[DepthPoint, ...]:
    """One point per cut; empty when the plan leaves the probes out."""
    try:
        outcomes = {cut: laboratory(cut_probe(laboratory.recipe, cut)) for cut in laboratory.cuts}
    except OutOfBudgetError:
        return ()
    shifts = measure_shift(laboratory)
    return tuple(
        DepthPoint(
            cut=cut,
            accuracy=_estimate(laboratory, outcomes[cut.name]),
            inner_accuracy=float(np.mean(outcomes[cut.name].details["inner_scores"])),
            shift=shifts.get(cut.name),
            scores=_scores(laboratory, cut.name),
        )
        for cut in laboratory.backbone.cuts
    )


def measure_shift(laboratory: Laboratory) -> Mapping[str, float]:
    """Distance of the channels' moments from the pretraining's, at each cut whose source statistics are known."""
    source = laboratory.backbone.weights.source_statistics
    known = tuple(cut for cut in laboratory.cuts if cut in source)
    if not known:
        laboratory.progress.say("shift by depth: not known, these weights have no source statistics")
        return {}
    sample = laboratory.dataset.subset(spread_sample(laboratory.dataset, _SAMPLE))
    activations = extract(
        sample,
        laboratory.backbone,
        known,
        pooling="moments",
        resize=laboratory.recipe.input.resize,
        store=laboratory.store,
        progress=laboratory.progress,
    )
    return {cut: shift(activations.moments(cut), source[cut]) for cut in known}


def spread_sample(dataset: Dataset, size: int) -> Sequence[int]:
    """Indices of at most ``size`` images, evenly spaced in the order of the manifest, which is by class."""
    n = len(dataset.records)
    if n <= size:
        return range(n)
    return [int(index) for index in np.linspace(0, n - 1, size).round()]


def _estimate(laboratory: Laboratory, outcome: Outcome) -> Any:
    dataset = laboratory.dataset
    return estimate_balanced_accuracy(dataset.labels, outcome.predictions, dataset.groups)


def _scores(laboratory: Laboratory, cut: str) -> dict[str, float]:
    def measure() -> dict[str, float]:
        chosen = np.asarray(spread_sample(laboratory.dataset, _SCORED))
        features, labels = laboratory.features(cut)[chosen], laboratory.dataset.labels[chosen]
        return {name: round(float(scores.get(name)(features, labels)), 4) for name in _SCORES}

    name = hash_json([laboratory.outcomes.context, laboratory.recipe.input.resize, cut, _SCORED])[:12]
    found: dict[str, float] = remember(laboratory.outcomes.folder / f"scores-{name}.json", measure, keys=_SCORES)
    return found
