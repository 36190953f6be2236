"""The verdict: a sentence or three for a person, made from the baseline and the findings."""

from __future__ import annotations

from collections.abc import Sequence

from frostline.diagnose.ailment import Baseline, ailments
from frostline.records import Estimate, Finding

# Share of the way from chance to 1 that the first layer alone must make for its classes to be called suspiciously easy.
EARLY_SHARE = 0.9


def compose_verdict(
    baseline: Baseline,
    findings: Sequence[Finding],
    *,
    backbone: str,
    best_cut: tuple[str, float] | None,
    best_taps: tuple[str, float] | None = None,
    first_cut: tuple[str, float] | None = None,
    claimed: float | None = None,
) -> str:
    """What ails the set-up, what was proven to help, and by how much.

    Args:
        baseline: figures of the set-up to explain.
        findings: ranked.
        backbone: its name.
        best_cut: the best single frozen cut and its accuracy, chosen on inner folds; None when not measured.
        best_taps: the same with all cuts joined as one more choice.
        first_cut: the cut nearest to the input and its probe's accuracy; None when not measured.
        claimed: what the set-up was said to reach.
    """
    found = ailments(baseline)
    parts = [_what_was_measured(baseline, backbone, found)]
    if claimed is not None:
        parts.append(_claim(baseline.accuracy, claimed))
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
        if best is not None and best[1] > baseline.accuracy.value:
            parts.append(f"Altogether, a linear head at {best[0]} reaches {best[1]:.3f}.")
    elif not found:
        parts.append("Nothing found that would recover accuracy: the set-up is healthy.")
    else:
        parts.append(_nothing_found(findings, baseline, best))
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


def _claim(accuracy: Estimate, claimed: float) -> str:
    if accuracy.low <= claimed <= accuracy.high:
        return f"The claimed {claimed:.3f} is reproduced."
    side = "below" if accuracy.value < claimed else "above"
    return f"The claimed {claimed:.3f} is not reproduced: the measured figure lies {side} it."


def _validity(finding: Finding) -> str:
    effect = -(finding.effect or 0.0)
    whose = "your split flatters" if finding.evidence.get("across_user_split") else "a random split would flatter"
    return f"Beware of {finding.cause.replace('_', ' ')}: {whose} the figure by {effect:.3f}."


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


def _nothing_found(findings: Sequence[Finding], baseline: Baseline, best_frozen: tuple[str, float] | None) -> str:
    open_ones = [f.cause.replace("_", " ") for f in findings if f.verdict in ("inconclusive", "not tested")]
    expected = max(baseline.accuracy.value, best_frozen[1] if best_frozen else 0.0)
    sentence = (
        f"No repair is proven among those tested; with this backbone frozen, about {expected:.2f} is to be expected."
    )
    return sentence + (f" Not settled: {', '.join(open_ones)}." if open_ones else "")
