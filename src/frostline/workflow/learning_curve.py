"""What more images would buy: the learning curve of the probe at the recipe's tap."""

from __future__ import annotations

from typing import Any

import numpy as np

from frostline.core.hashing import hash_json
from frostline.core.store import remember
from frostline.diagnose.experiment import OutOfBudgetError, cut_probe
from frostline.probes.learning_curve import learning_curve
from frostline.workflow.laboratory import Laboratory


def measure_learning_curve(laboratory: Laboratory) -> dict[str, Any] | None:
    """Balanced accuracy by number of training images, as plain JSON; None when the plan leaves it out."""
    if "learning curve" in laboratory.plan.reasons:
        return None
    cut = laboratory.recipe.freeze.taps[-1]
    experiment = cut_probe(laboratory.recipe, cut)
    try:
        outcome = laboratory(experiment)
    except OutOfBudgetError:
        return None
    name = hash_json([laboratory.outcomes.context, cut])[:12]

    def measure() -> dict[str, Any]:
        laboratory.progress.start("learning curve", None)
        split = laboratory.split(experiment)
        curve = learning_curve(
            laboratory.features(cut),
            laboratory.dataset.labels,
            split.groups,
            split.folds,
            np.asarray(outcome.details["strengths"]),
            seed=laboratory.recipe.seed,
        )
        gain = curve.gain_of_doubling
        laboratory.progress.finish(f"twice the images: {gain.value:+.3f}")
        return {
            "cut": cut,
            "images": [round(float(value), 1) for value in curve.images],
            "balanced_accuracy": [round(float(value), 4) for value in curve.balanced_accuracy],
            "gain_of_doubling": [round(value, 4) for value in (gain.value, gain.low, gain.high)],
            "say": f"Twice as many images would add about {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] to a "
            f"linear probe at {cut}, by the power law through its learning curve (an extrapolation).",
        }

    measured: dict[str, Any] = remember(
        laboratory.outcomes.folder / f"learning_curve-{name}.json", measure, keys=["say", "images"]
    )
    return measured
