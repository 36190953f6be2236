"""The pretraining does not help: small grey pixels and a linear classifier do better than the frozen network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from frostline.diagnose.case import Case
from frostline.diagnose.cause import Cause, Comparison, Symptom
from frostline.diagnose.experiment import Execute, Outcome, OutOfBudgetError, baseline, random_weights, raw_pixels
from frostline.records import Estimate
from frostline.stats import balanced_accuracy


@final
class NegativeTransfer(Cause):
    """Logistic regression on 24x24 grey pixels against the set-up to explain: a limit of frozen features."""

    id = "negative_transfer"
    kind = "limit"
    title = "The pretraining does not help (negative transfer)"

    def symptom(self, case: Case) -> Symptom:
        """Nothing is known before the control is measured; it costs seconds, so it is always measured."""
        evidence: dict[str, Any] = {}
        if case.depth:
            evidence["best_frozen_cut_on_inner_folds"] = round(max(p.inner_accuracy for p in case.depth), 4)
        return Symptom(0.01, evidence)

    def comparison(self, case: Case) -> Comparison:
        """Raw pixels against the recipe."""
        return Comparison(
            with_fix=raw_pixels(),
            without=baseline(case.recipe),
        )

    def fix(self, case: Case, outcome: Outcome) -> Mapping[str, Any] | None:
        """Thaw the network, or train one from scratch."""
        del case, outcome
        return {
            "freeze.frost_line": "input",
            "say": "Do not rely on the frozen last layer: thaw most or all of the network, or train a small one from "
            "scratch (this version measures neither).",
        }

    def explain(self, case: Case, effect: Estimate | None) -> str:
        """What it means when pixels win."""
        general = (
            "When a linear classifier on 24x24 grey pixels does as well as frozen ImageNet features, the features "
            "have thrown away what tells the classes apart: transfer is negative (Wang et al. 2019, Characterizing "
            "and Avoiding Negative Transfer, arXiv 1811.09751)."
        )
        if effect is None or not case.depth:
            return general
        side = "above" if effect.value > 0 else "below"
        return f"{general} Here the pixels are {abs(effect.value):.3f} {side} the set-up to explain."

    def evidence(self, case: Case, execute: Execute) -> Mapping[str, Any]:
        """The accuracies of both sides, and of a linear head on the same network with random weights."""
        comparison = self.comparison(case)
        values = {}
        for experiment in (comparison.with_fix, comparison.without, random_weights(case.recipe)):
            try:
                predictions = execute(experiment).predictions
            except OutOfBudgetError:
                continue
            mean = sum(balanced_accuracy(case.labels, p) for p in predictions) / len(predictions)
            values[f"{experiment.name}_balanced_accuracy"] = round(mean, 4)
        return values
