"""From suspicions to findings: triage, paired experiments, corrected intervals, verdicts, ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frostline.core.progress import Progress, SilentProgress
from frostline.diagnose.case import Case
from frostline.diagnose.cause import Cause, Comparison, Symptom
from frostline.diagnose.experiment import Execute, Outcome, OutOfBudgetError
from frostline.records import Estimate, Finding, Verdict
from frostline.stats import balanced_accuracy, bonferroni_level, estimate_difference

NEGLIGIBLE = 0.01
FAMILY_LEVEL = 0.95
# Independent images or groups that every class must have for an interval to mean anything (the bootstrap's simulated
# coverage of a 95 % interval falls to .73 below it).
MIN_GROUPS = 4
_RANK = {"confirmed": 0, "inconclusive": 1, "ruled out": 2, "not tested": 3}


@dataclass(frozen=True, slots=True)
class _Tested:
    cause: Cause
    symptom: Symptom
    comparison: Comparison
    with_fix: Outcome
    without: Outcome


def investigate(
    case: Case, causes: Iterable[Cause], execute: Execute, *, progress: Progress | None = None
) -> tuple[Finding, ...]:
    """Test every cause that applies, the most promising first, and rank the findings.

    Intervals are simultaneous: with m causes tested each has the level 1 - 0.05 / m (Bonferroni), so that the chance
    of one false confirmation among all is at most 5 %.
    """
    progress = progress or SilentProgress()
    suspicions = sorted(((cause, cause.symptom(case)) for cause in causes), key=lambda pair: -pair[1].expected_recovery)
    tested: list[_Tested] = []
    findings: list[Finding] = []
    too_few = _too_few(case)
    for cause, symptom in suspicions:
        if too_few:
            findings.append(_not_tested(cause, case, symptom, too_few))
            continue
        if symptom.not_applicable:
            findings.append(_not_tested(cause, case, symptom, symptom.not_applicable))
            continue
        comparison = cause.comparison(case)
        try:
            without, with_fix = execute(comparison.without), execute(comparison.with_fix)
        except OutOfBudgetError as error:
            findings.append(_not_tested(cause, case, symptom, f"budget: {error}"))
            continue
        tested.append(_Tested(cause, symptom, comparison, with_fix, without))
        progress.say(f"{cause.title}: measured")
    level = bonferroni_level(FAMILY_LEVEL, max(1, len(tested)))
    findings += [_judge(case, test, level, execute) for test in tested]
    return rank(findings)


def rank(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings for a reader, and name the ties.

    Confirmed ones first; among those validity, then by the size of the effect. Two confirmed findings are tied when
    their intervals overlap.
    """
    ordered = sorted(
        findings,
        key=lambda f: (_RANK[f.verdict], f.kind != "validity", -abs(f.effect or 0.0), f.cause),
    )
    return tuple(
        replace(f, tied_with=tuple(o.cause for o in ordered if o is not f and _overlap(f, o))) for f in ordered
    )


def judge_interval(effect: Estimate) -> Verdict:
    """``confirmed`` above 0, ``ruled out`` below one point of balanced accuracy, else ``inconclusive``."""
    if effect.low > 0.0:
        return "confirmed"
    if effect.high < NEGLIGIBLE:
        return "ruled out"
    return "inconclusive"


def _judge(case: Case, test: _Tested, level: float, execute: Execute) -> Finding:
    cause = test.cause
    scored = np.all(test.with_fix.predictions >= 0, axis=0) & np.all(test.without.predictions >= 0, axis=0)
    effect = estimate_difference(
        case.labels[scored],
        test.with_fix.predictions[:, scored],
        test.without.predictions[:, scored],
        [case.groups[index] for index in np.flatnonzero(scored)],
        level=level,
    )
    sign = -1.0 if cause.kind == "validity" else 1.0
    recovered = effect if sign > 0 else Estimate(-effect.value, -effect.high, -effect.low, effect.level)
    verdict = judge_interval(recovered)
    seeds = _seed_spread(case, test.without)
    return Finding(
        cause=cause.id,
        kind=cause.kind,
        verdict=verdict,
        reason=f"paired on {int(scored.sum())} images, simultaneous {level:.1%} interval",
        effect=round(effect.value, 4),
        ci=(round(effect.low, 4), round(effect.high, 4)),
        tied_with=(),
        cost_seconds=round(test.with_fix.seconds + test.without.seconds, 2),
        evidence={
            **test.symptom.evidence,
            **seeds,
            "with": test.comparison.with_fix.name,
            "without": test.comparison.without.name,
            "with_balanced_accuracy": _accuracy(case, test.with_fix, scored),
            "without_balanced_accuracy": _accuracy(case, test.without, scored),
            "scored_images": int(scored.sum()),
            **cause.evidence(case, execute),
        },
        fix=cause.fix(case, test.with_fix) if verdict == "confirmed" else None,
        explanation=cause.explain(case, effect),
    )


def _too_few(case: Case) -> str:
    """Why nothing can be concluded from this case; empty when something can."""
    pairs = set(zip(case.labels.tolist(), case.groups, strict=True))
    groups = Counter(label for label, _ in pairs)
    fewest = min(groups, key=lambda label: groups[label])
    if groups[fewest] >= MIN_GROUPS:
        return ""
    return (
        f"too few images: the class {case.class_names[fewest]} has {groups[fewest]} independent images or groups, and "
        f"below {MIN_GROUPS} no interval can be trusted"
    )


def _accuracy(case: Case, outcome: Outcome, scored: NDArray[np.bool_]) -> float:
    values = [balanced_accuracy(case.labels[scored], predictions[scored]) for predictions in outcome.predictions]
    return round(float(np.mean(values)), 4)


def _seed_spread(case: Case, outcome: Outcome) -> dict[str, float]:
    if len(outcome.predictions) < 2:
        return {}
    scored = (outcome.predictions >= 0).all(axis=0)
    values = [balanced_accuracy(case.labels[scored], p[scored]) for p in outcome.predictions]
    return {"seed_spread": round(float(np.ptp(values)), 4)}


def _not_tested(cause: Cause, case: Case, symptom: Symptom, reason: str) -> Finding:
    return Finding(
        cause=cause.id,
        kind=cause.kind,
        verdict="not tested",
        reason=reason,
        effect=None,
        ci=None,
        tied_with=(),
        cost_seconds=0.0,
        evidence=dict(symptom.evidence),
        fix=None,
        explanation=cause.explain(case, None),
    )


def _overlap(one: Finding, other: Finding) -> bool:
    if one.verdict != "confirmed" or other.verdict != "confirmed":
        return False
    # The correction of a figure and a recovery of accuracy are not the same quantity.
    if (one.kind == "validity") != (other.kind == "validity"):
        return False
    if one.ci is None or other.ci is None:
        return False
    return one.ci[0] <= other.ci[1] and other.ci[0] <= one.ci[1]
