"""The verdict: a sentence or three for a person, made from the baseline and the findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frostline.diagnose.ailment import Baseline, ailments
from frostline.records import Estimate, Finding

# Share of the way from chance to 1 that the first layer alone must make for its classes to be called suspiciously easy.
EARLY_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Claim:
    """An accuracy that the user says the set-up reaches, and what was measured for it.

    Attributes:
        claimed: 0..1.
        accuracy: plain accuracy (share of images), on the user's own split where there is one, else leak-proof.
        on_user_split: which of the two.
    """

    claimed: float
    accuracy: Estimate
    on_user_split: bool


def compose_verdict(
    baseline: Baseline,
    findings: Sequence[Finding],
    *,
    backbone: str,
    best_cut: tuple[str, float] | None,
    best_taps: tuple[str, float] | None = None,
    first_cut: tuple[str, float] | None = None,
    best_head: tuple[str, float] | None = None,
    claim: Claim | None = None,
) -> str:
    """What ails the set-up, what was proven to help, and by how much.

    Args:
        baseline: figures of the set-up to explain.
        findings: ranked.
        backbone: its name.
        best_cut: the best single frozen cut and its accuracy, chosen on inner folds; None when not measured.
        best_taps: the same with all cuts joined as one more choice.
        first_cut: the cut nearest to the input and its probe's accuracy; None when not measured.
        best_head: the head that the inner folds chose on the recipe's features, and its accuracy.
        claim: what the set-up was said to reach.
    """
    found = ailments(baseline)
    parts = [_what_was_measured(baseline, backbone, found)]
    if claim is not None:
        parts.append(_claim(claim))
    if findings and all(finding.verdict == "not tested" for finding in findings):
        parts.append(f"Nothing can be concluded: {findings[0].reason}.")
        return " ".join(parts)
    confirmed = [finding for finding in findings if finding.verdict == "confirmed"]
    parts += [_validity(finding) for finding in confirmed if finding.kind == "validity"]
    if first_cut is not None and _share(first_cut[1], baseline.chance) >= EARLY_SHARE:
        parts.append(_early(first_cut))
    if any(finding.cause == "negative_transfer" for finding in confirmed) and baseline.raw_pixels is not None:
        parts.append(_pixels_win(baseline.raw_pixels, best_cut, best_taps))
    repairs = [finding for finding in confirmed if finding.kind == "repair"]
    best = best_taps or best_cut
    if repairs:
        parts.append(_repair(repairs[0]))
        if any(finding.cause == "wrong_layer" for finding in repairs) and best is not None:
            parts.append(f"Altogether, a linear head at {best[0]} reaches {best[1]:.3f}.")
    else:
        measured = [baseline.accuracy.value, *(pair[1] for pair in (best, best_head) if pair is not None)]
        parts.append(_no_repair(findings, healthy=not found, expected=max(measured)))
    return " ".join(parts)


def _what_was_measured(baseline: Baseline, backbone: str, found: Sequence[str]) -> str:
    accuracy = baseline.accuracy
    sentence = (
        f"Frozen {backbone} reaches a balanced accuracy of {accuracy.value:.3f} "
        f"[{accuracy.low:.3f}, {accuracy.high:.3f}] (chance {baseline.chance:.3f})"
    )
    if not found:
        return sentence + "."
    told = {
        "low accuracy": "low accuracy",
        "poor generalisation": f"poor generalisation ({baseline.train_accuracy or 0.0:.3f} on its training images)",
        "slow convergence": f"slow convergence (95 % after {baseline.epochs_to_95pct or 0.0:.1f} "
        f"of {baseline.epochs} epochs)",
    }
    return f"{sentence}: {', '.join(told[name] for name in found)}."


def _share(accuracy: float, chance: float) -> float:
    return (accuracy - chance) / (1.0 - chance)


def _early(first_cut: tuple[str, float]) -> str:
    name, accuracy = first_cut
    return (
        f"Beware: the first layers alone ({name}: edges and colours, averaged over the image) reach {accuracy:.3f}, so "
        "the classes may differ by a shortcut such as paper, scanner, stroke or colour rather than by what you mean."
    )


def _claim(claim: Claim) -> str:
    accuracy = claim.accuracy
    where = "on your split" if claim.on_user_split else "on the leak-proof folds"
    measured = f"accuracy {accuracy.value:.3f} [{accuracy.low:.3f}, {accuracy.high:.3f}] {where}"
    if accuracy.low <= claim.claimed <= accuracy.high:
        return f"The claimed {claim.claimed:.3f} is reproduced: {measured}."
    side = "below" if accuracy.value < claim.claimed else "above"
    return f"The claimed {claim.claimed:.3f} is not reproduced: the measured {measured} lies {side} it."


def _validity(finding: Finding) -> str:
    effect = -(finding.effect or 0.0)
    if finding.evidence.get("across_user_split"):
        whose = (
            f"on your split it is {finding.evidence['without_balanced_accuracy']:.3f}, and "
            f"{finding.evidence['with_balanced_accuracy']:.3f} once the related training images are left out"
        )
        return f"Beware of {finding.cause.replace('_', ' ')}: {whose}."
    return f"Beware of {finding.cause.replace('_', ' ')}: a random split would flatter the figure by {effect:.3f}."


def _pixels_win(raw: float, best_cut: tuple[str, float] | None, best_taps: tuple[str, float] | None) -> str:
    pixels = f"logistic regression on 24x24 grey pixels reaches {raw:.3f}"
    if best_cut is None:
        return f"The set-up loses against raw pixels: {pixels}."
    cut, value = best_cut
    if value > raw:
        return f"The set-up loses against raw pixels: {pixels}; the best single layer ({cut}) reaches {value:.3f}."
    sentence = f"Frozen features lose against raw pixels: {pixels}, the best single layer ({cut}) {value:.3f}"
    if best_taps is not None and best_taps[1] > raw:
        return f"{sentence}; only {best_taps[0]} joined reach more ({best_taps[1]:.3f})."
    return f"{sentence}. Thaw the network or train from scratch."


def _repair(finding: Finding) -> str:
    low, high = finding.ci or (0.0, 0.0)
    say = str((finding.fix or {}).get("say", ""))
    tied = f" (tied with {', '.join(finding.tied_with)})" if finding.tied_with else ""
    return f"{say} That recovers {finding.effect or 0.0:+.3f} [{low:+.3f}, {high:+.3f}]{tied}."


def _no_repair(findings: Sequence[Finding], *, healthy: bool, expected: float) -> str:
    repairs = [finding for finding in findings if finding.kind == "repair"]
    undecided = [f for f in repairs if f.verdict == "inconclusive"]
    untested = [f.cause.replace("_", " ") for f in repairs if f.verdict == "not tested"]
    if healthy and not undecided and not untested:
        return "Nothing found that would recover accuracy: the set-up is healthy."
    parts = ["No repair is proven among those tested."]
    if undecided:
        told = ", ".join(_undecided(finding) for finding in undecided)
        parts.append(f"Not settled with this many images: {told}.")
    if untested:
        parts.append(f"Not tested: {', '.join(untested)}.")
    if not healthy:
        parts.append(f"The best that was measured with this backbone frozen is {expected:.2f}.")
    return " ".join(parts)


def _undecided(finding: Finding) -> str:
    low, high = finding.ci or (0.0, 0.0)
    return f"{finding.cause.replace('_', ' ')} ({finding.effect or 0.0:+.3f} [{low:+.3f}, {high:+.3f}])"
