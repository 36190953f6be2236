"""Which it is: slow convergence, low accuracy or poor generalisation. Told from the baseline's own figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from frostline.records import Estimate

Ailment = Literal["slow convergence", "low accuracy", "poor generalisation"]

# Share of the way from chance to 1 below which an accuracy is called low.
LOW_ACCURACY = 0.75
# Train minus validation balanced accuracy from which generalisation is called poor.
GENERALISATION_GAP = 0.15
# Share of the epochs after which 95 % of the gain should have been made.
SLOW_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Baseline:
    """The figures of the set-up to explain.

    Attributes:
        accuracy: balanced, on the outer folds.
        train_accuracy: balanced, on the images fitted to; None when unknown.
        epochs_to_95pct: None for heads that are not trained by epochs, or that gained nothing over chance.
        epochs: that the recipe trains for; 0 for heads that are not trained by epochs.
        chance: balanced accuracy of guessing.
        raw_pixels: the control's balanced accuracy; None when it was not measured.
    """

    accuracy: Estimate
    train_accuracy: float | None
    epochs_to_95pct: float | None
    epochs: int
    chance: float
    raw_pixels: float | None


def ailments(baseline: Baseline) -> tuple[Ailment, ...]:
    """What ails the set-up; empty when nothing does. Several may hold at once."""
    found: list[Ailment] = []
    attained = (baseline.accuracy.value - baseline.chance) / (1.0 - baseline.chance)
    below_pixels = baseline.raw_pixels is not None and baseline.accuracy.value <= baseline.raw_pixels
    if attained < LOW_ACCURACY or below_pixels:
        found.append("low accuracy")
    if baseline.train_accuracy is not None and baseline.train_accuracy - baseline.accuracy.value >= GENERALISATION_GAP:
        found.append("poor generalisation")
    reached = float("inf") if baseline.epochs_to_95pct is None else baseline.epochs_to_95pct
    if baseline.epochs and reached > SLOW_SHARE * baseline.epochs:
        found.append("slow convergence")
    return tuple(found)
