"""The head loses what the features hold: Dense(128) below a regularised linear head on the same features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from frostline.diagnose.case import Case
from frostline.diagnose.cause import Cause, Comparison, Symptom
from frostline.diagnose.experiment import Experiment, Outcome, baseline, linear_head
from frostline.records import Estimate


@final
class HeadBottleneck(Cause):
    """The same frozen features, another head: linear, nearest centroid or nearest neighbours, chosen on inner folds."""

    id = "head_bottleneck"
    kind = "repair"
    title = "Head bottleneck"

    def symptom(self, case: Case) -> Symptom:
        """Width of the bottleneck against the features and the classes."""
        head = case.recipe.head
        if head.kind != "dense":
            return Symptom(0.0, {"head": head.kind}, f"the recipe's head is {head.kind}, not a trained Dense one")
        evidence: dict[str, Any] = {"hidden": list(head.hidden), "classes": len(case.class_names)}
        if case.depth:
            evidence["features"] = case.last.cut.channels
            evidence["linear_probe"] = round(case.last.accuracy.value, 4)
        # Ten epochs of Adam without regularisation: a point or two on most sets that we measured.
        return Symptom(0.02, evidence)

    def comparison(self, case: Case) -> Comparison:
        """The best other head against the recipe's, on the recipe's features."""
        return Comparison(
            with_fix=Experiment("best_head", linear_head(case.recipe), "best head"),
            without=baseline(case.recipe),
        )

    def fix(self, case: Case, outcome: Outcome) -> Mapping[str, Any] | None:
        """The head that most outer folds chose."""
        del case
        head = outcome.most_chosen
        names = {
            "linear": "a standardised, L2-regularised linear head",
            "centroid": "a nearest-centroid head",
            "knn": "a nearest-neighbour head",
        }
        return {
            "head.kind": head,
            "head.hidden": [],
            "say": f"Replace the Dense head by {names[head]} on the same features.",
        }

    def explain(self, case: Case, effect: Estimate | None) -> str:
        """Why a Dense head can be worse than a linear one."""
        del case, effect
        return (
            "A Dense(128) head trained for a fixed number of epochs on features that are not standardised can be "
            "narrower than the classes need, under-trained or over-fitted, where a convex, regularised linear head on "
            "standardised features has none of these and needs seconds (Kornblith et al. 2019, arXiv 1805.08974; "
            "Kumar et al. 2022, LP-FT, arXiv 2202.10054). Both heads are compared on the very same cached features."
        )
