"""The wrong layer is tapped: the network's last layers have left behind what tells these classes apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from frostline.diagnose.case import Case
from frostline.diagnose.cause import Cause, Comparison, Symptom
from frostline.diagnose.experiment import JOINED, Experiment, Outcome, cut_probe, linear_head
from frostline.records import Estimate


@final
class WrongLayer(Cause):
    """Domain mismatch by depth: cuts below the last one separate the classes better, alone or joined.

    Both sides of the comparison have the same head (linear, strength chosen inside), so that the effect is the layers'
    alone. What is tapped is chosen on inner folds; its accuracy is measured on the outer ones.
    """

    id = "wrong_layer"
    kind = "repair"
    title = "Wrong layer tapped (domain mismatch by depth)"

    def symptom(self, case: Case) -> Symptom:
        """How much better the best cut's probe is on inner folds, and how far each cut's activations have shifted."""
        if len(case.depth) < 2:
            return Symptom(0.0, {}, "the backbone has one cut only")
        tapped = self._tapped(case)
        best = max(case.depth, key=lambda point: point.inner_accuracy)
        here = next(point for point in case.depth if point.cut.name == tapped)
        evidence: dict[str, Any] = {
            "tapped": tapped,
            "best_cut_on_inner_folds": best.cut.name,
            "accuracy_by_cut": {p.cut.name: round(p.accuracy.value, 4) for p in case.depth},
        }
        shifts = {p.cut.name: round(p.shift, 4) for p in case.depth if p.shift is not None}
        if shifts:
            evidence["shift_by_cut"] = shifts
        return Symptom(best.inner_accuracy - here.inner_accuracy, evidence)

    def comparison(self, case: Case) -> Comparison:
        """A linear head on the cut, or on all cuts joined, as the inner folds choose, against one on the recipe's."""
        return Comparison(
            with_fix=Experiment("best_taps", linear_head(case.recipe), "best taps"),
            without=cut_probe(case.recipe, self._tapped(case)),
        )

    def fix(self, case: Case, outcome: Outcome) -> Mapping[str, Any] | None:
        """Tap what most outer folds chose."""
        cut = outcome.most_chosen
        if cut == JOINED:
            return {
                "freeze.taps": [point.cut.name for point in case.depth],
                "head.kind": "head2toe",
                "say": f"Read the features of all cuts joined instead of {self._tapped(case)} alone, with a "
                "regularised linear head on the most useful share of them.",
            }
        return {
            "freeze.taps": [cut],
            "head.kind": "linear",
            "say": f"Read the features at {cut} instead of {self._tapped(case)}, with a regularised linear head.",
        }

    def explain(self, case: Case, effect: Estimate | None) -> str:
        """What depth does to features, and what was seen here."""
        general = (
            "Deep layers of a pretrained network are specialised in the classes that it was trained on; on images "
            "unlike those, an earlier layer often separates the classes better, and what lies above it only loses "
            "information (Yosinski et al. 2014, arXiv 1411.1792; Evci et al. 2022, Head2Toe, arXiv 2201.03529)."
        )
        if effect is None or not case.depth:
            return general
        best = max(case.depth, key=lambda point: point.inner_accuracy)
        here = next(point for point in case.depth if point.cut.name == self._tapped(case))
        seen = (
            f" Here, on the inner folds that choices are made on, the best single cut is {best.cut.name} "
            f"({best.inner_accuracy:.3f}; {here.cut.name}, which is tapped: {here.inner_accuracy:.3f}); on the outer "
            f"folds, choosing by the inner ones changes balanced accuracy by {effect.value:+.3f}."
        )
        return general + seen + self._shift_sentence(case)

    def _tapped(self, case: Case) -> str:
        taps = case.recipe.freeze.taps
        return taps[-1] if taps else case.last.cut.name

    def _shift_sentence(self, case: Case) -> str:
        known = [(p.cut.name, p.shift) for p in case.depth if p.shift is not None]
        if len(known) < 2:
            return ""
        name, shift = max(known, key=lambda pair: pair[1])
        return (
            f" Against natural photographs, the activations differ most at {name} ({shift:.2f} of the source's "
            f"standard deviations per channel; last cut: {known[-1][1]:.2f}; see the documentation for a yardstick)."
        )
