"""Leakage: the same file, a near duplicate or the same group stands on both sides of the split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from frostline.diagnose.case import Case
from frostline.diagnose.cause import Cause, Comparison, Symptom
from frostline.diagnose.experiment import Outcome, baseline, cut_probe
from frostline.records import Estimate


@final
class Leakage(Cause):
    """The set-up is scored twice: on a leak-proof split, and on the user's own or an ordinary random one.

    A cause of kind ``validity``: its effect is the correction of the figure, negative when the figure was too good.
    """

    id = "leakage"
    kind = "validity"
    title = "Leakage between training and validation"

    def symptom(self, case: Case) -> Symptom:
        """Duplicates, near duplicates and groups that a careless split separates."""
        hanging = case.duplication
        evidence: dict[str, Any] = {
            "exact_duplicates": hanging.exact,
            "near_duplicates": hanging.near,
            "user_groups": hanging.user_groups,
            "images_sharing_a_group": hanging.linked,
            **case.facts(),
        }
        if case.has_user_split:
            evidence["across_user_split"] = hanging.across_user_split
            if not hanging.across_user_split:
                return Symptom(0.0, evidence, "no image that you validate on has a relative among those you train on")
            return Symptom(0.5, evidence)
        if not hanging.linked:
            return Symptom(
                0.0,
                evidence,
                "no groups were given and no duplicates were found; if several images come from one page, patient, "
                "site or author, name it with --group-by",
            )
        return Symptom(0.5 * hanging.linked / len(case.labels), evidence)

    def comparison(self, case: Case) -> Comparison:
        """Without the relatives of what is scored, against the user's own split, or against a random one."""
        if case.has_user_split:
            return Comparison(
                with_fix=baseline(case.recipe, "user_clean"),
                without=baseline(case.recipe, "user"),
            )
        # The linear head costs a fraction of the trained one, and leaks alike.
        tapped = case.recipe.freeze.taps[-1]
        return Comparison(with_fix=cut_probe(case.recipe, tapped), without=cut_probe(case.recipe, tapped, "ungrouped"))

    def fix(self, case: Case, outcome: Outcome) -> Mapping[str, Any] | None:
        """Split by group, and keep duplicates on one side."""
        del outcome
        grouped = case.duplication.user_groups > 0
        return {
            "split": "grouped",
            "say": "Split by group"
            + (" as given with --group-by" if grouped else "")
            + ", with duplicates and near duplicates on one side (manifest.csv has such a split in its column fold).",
        }

    def explain(self, case: Case, effect: Estimate | None) -> str:
        """What leakage does to a figure, and what it did here."""
        general = (
            "Images that share an author, a page, a patient or a camera resemble each other; when some are trained on "
            "and others scored on, the figure tells how well the model remembers, not how it will do on new ones "
            "(Kaufman et al. 2012, Leakage in Data Mining, ACM TKDD 6(4))."
        )
        if effect is None:
            return general
        if case.has_user_split:
            how = "Here the images that you validate on are scored"
            change = "after the training images related to them were left out"
        else:
            how, change = "Here a linear head is scored on a random split and on a leak-proof one", "on the latter"
        return (
            f"{general} {how}: the figure changes by {effect.value:+.3f} "
            f"(interval {effect.low:+.3f} to {effect.high:+.3f}) {change}."
        )
