"""What is measured, and what is concluded from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FindingKind = Literal["repair", "validity", "limit"]
Verdict = Literal["confirmed", "ruled out", "inconclusive", "not tested"]
LeaderboardKind = Literal["control", "baseline", "probe", "tuned", "fixed"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured value with its confidence interval.

    Attributes:
        value: the point estimate.
        low, high: ends of the interval; equal to ``value`` when there is none.
        level: coverage of the interval, e.g. 0.95 (larger when corrected for many tries).
    """

    value: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause's verdict on one case: an item of ``findings.json``.

    Attributes:
        cause: its identifier.
        kind: ``repair`` (accuracy is recovered), ``validity`` (the figure itself is not to be trusted) or ``limit``
            (only more data or another backbone helps).
        verdict: ``confirmed`` (corrected interval above 0), ``ruled out`` (upper bound below .01), ``inconclusive``,
            ``not tested``.
        reason: why it was not tested, or what the verdict rests on.
        effect: difference in balanced accuracy that the fix makes.
        ci: its corrected interval.
        tied_with: causes whose intervals overlap with this one's.
        cost_seconds: what measuring it took.
        evidence: the numbers behind it, plain JSON.
        fix: the recipe change that repairs it, plain JSON; None when there is none.
        explanation: a paragraph for a person, with a source.
    """

    cause: str
    kind: FindingKind
    verdict: Verdict
    reason: str | None
    effect: float | None
    ci: tuple[float, float] | None
    tied_with: tuple[str, ...]
    cost_seconds: float
    evidence: Mapping[str, Any]
    fix: Mapping[str, Any] | None
    explanation: str


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A row of ``leaderboard.csv``. Empty cells are None.

    Attributes:
        name: unique in the run; ``classic`` is the classic recipe.
        kind: what sort of thing was measured.
        balanced_accuracy, ci_low, ci_high: on the outer folds, bootstrap over groups within classes.
        train_balanced_accuracy: on the images it was fitted to.
        epochs_to_95pct: epochs until 95 % of the gain in validation accuracy from chance to the last epoch; for what is
            trained by epochs.
        seconds: what it took.
        recipe: name of the recipe file in the run folder, or empty.
    """

    name: str
    kind: LeaderboardKind
    balanced_accuracy: float
    ci_low: float
    ci_high: float
    train_balanced_accuracy: float | None
    epochs_to_95pct: float | None
    seconds: float
    recipe: str


@dataclass(frozen=True, slots=True)
class EpochRow:
    """A row of ``history.csv``: one epoch of one training.

    Attributes:
        name: of the leaderboard's row it belongs to.
        fold, seed, epoch: which training, and which epoch of it (from 1).
        loss, accuracy: on the training images, balanced accuracy.
        val_loss, val_accuracy: on the outer fold, balanced accuracy; nothing is chosen by it.
    """

    name: str
    fold: int
    seed: int
    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float


@dataclass(frozen=True, slots=True)
class FindingsFile:
    """The whole of ``findings.json``.

    Attributes:
        schema: version of the format.
        verdict: one sentence for a person.
        findings: ranked; validity first, then by effect.
    """

    schema: int
    verdict: str
    findings: tuple[Finding, ...] = field(default_factory=tuple)
