"""From outcomes to what people read: the leaderboard's rows, and everything that the report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from frostline._version import __version__
from frostline.data import Dataset
from frostline.diagnose.ailment import Baseline, ailments
from frostline.diagnose.case import Case
from frostline.diagnose.experiment import JOINED, Experiment, Outcome, baseline, joined_cuts
from frostline.diagnose.verdict import Claim
from frostline.recipe import HeadRecipe, Recipe, write_recipe
from frostline.records import Finding, LeaderboardKind, LeaderboardRow, from_json, to_json
from frostline.stats import confusion_matrix, estimate_balanced_accuracy
from frostline.workflow.laboratory import Laboratory
from frostline.workflow.run import RESULTS_SCHEMA

_CONTROLS = ("majority", "raw pixels", "random weights")
_LISTED_SKIPS = 50


def leaderboard_rows(laboratory: Laboratory) -> tuple[LeaderboardRow, ...]:
    """One row per experiment that was scored on the leak-proof outer folds, best first, controls last."""
    rows = [
        _row(laboratory.dataset, experiment, outcome)
        for experiment, outcome in laboratory.measured().items()
        if experiment.folds == "grouped" and not _repeats_best_cut(laboratory, experiment, outcome)
    ]
    return tuple(sorted(rows, key=lambda row: (row.kind == "control", -row.balanced_accuracy, row.name)))


def write_row_recipes(folder: Path, laboratory: Laboratory) -> None:
    """Write the recipe that each row of the leaderboard names, below ``recipes/``."""
    for experiment, outcome in laboratory.measured().items():
        name = _recipe_file(experiment)
        if name and not (folder / name).exists():
            write_recipe(folder / name, _recipe_of(experiment, outcome, laboratory.cuts))


def baseline_figures(laboratory: Laboratory, rows: Sequence[LeaderboardRow], name: str) -> Baseline:
    """The figures of the set-up to explain, for the verdict."""
    by_name = {row.name: row for row in rows}
    row = by_name[name]
    dataset = laboratory.dataset
    outcome = next(o for e, o in laboratory.measured().items() if e.name == name)
    return Baseline(
        accuracy=estimate_balanced_accuracy(dataset.labels, outcome.predictions, dataset.groups),
        train_accuracy=row.train_balanced_accuracy,
        epochs_to_95pct=row.epochs_to_95pct,
        epochs=laboratory.recipe.training.epochs if laboratory.recipe.head.kind == "dense" else 0,
        chance=1.0 / len(dataset.class_names),
        raw_pixels=by_name["raw_pixels"].balanced_accuracy if "raw_pixels" in by_name else None,
    )


def measure_claim(laboratory: Laboratory, claimed: float, *, user_split: bool) -> Claim:
    """What the set-up reaches where the claim was made: plain accuracy, on the user's own split where there is one."""
    outcome = laboratory(baseline(laboratory.recipe, "user" if user_split else "grouped"))
    dataset = laboratory.dataset
    scored = np.flatnonzero((outcome.predictions >= 0).all(axis=0))
    wrong = (outcome.predictions[:, scored] != dataset.labels[scored]).astype(np.int64)
    # As one class that every image belongs to: balanced accuracy is then the plain one.
    accuracy = estimate_balanced_accuracy(
        np.zeros(len(scored), dtype=np.int64), wrong, [dataset.groups[int(index)] for index in scored]
    )
    return Claim(claimed, accuracy, user_split)


def best_frozen(laboratory: Laboratory, name: str) -> tuple[str, float] | None:
    """What most outer folds chose in ``best_cut`` or ``best_taps``, and the accuracy of choosing so; None without."""
    for experiment, outcome in laboratory.measured().items():
        if experiment.name == name:
            return outcome.most_chosen, laboratory.score(outcome)
    return None


def collect_results(
    laboratory: Laboratory,
    case: Case,
    findings: Sequence[Finding],
    rows: Sequence[LeaderboardRow],
    verdict: str,
    figures: Baseline,
    curve: Mapping[str, Any] | None,
    full: Dataset,
) -> dict[str, Any]:
    """Everything that the report shows, as plain JSON (``results.json``)."""
    dataset = laboratory.dataset
    counts = Counter(record.label for record in dataset.records)
    explained = next(o for e, o in laboratory.measured().items() if e.recipe == case.recipe and e.folds == "grouped")
    record = laboratory.backbone.weights
    return {
        "schema": RESULTS_SCHEMA,
        "frostline": __version__,
        "verdict": verdict,
        "ailments": list(ailments(figures)),
        "findings": to_json(tuple(findings)),
        "leaderboard": to_json(tuple(rows)),
        "data": {
            "name": dataset.name,
            "path": str(dataset.root or ""),
            "images": len(dataset.records),
            "images_found": len(full.records),
            "classes": {name: counts[name] for name in dataset.class_names},
            "groups": len(set(dataset.groups)),
            "folds": len(set(dataset.folds.tolist())),
            "notes": list(full.notes),
            "skipped": to_json(full.skipped[:_LISTED_SKIPS]),
            "skipped_total": sum(item.outcome == "skipped" for item in full.skipped),
            "ignored_total": sum(item.outcome == "ignored" for item in full.skipped),
        },
        "backbone": {
            "name": laboratory.backbone.name,
            "source": record.source,
            "licence": record.licence,
            "trained_on": record.trained_on,
            "digest": record.digest,
            "size": record.contract.size,
            "resize": case.recipe.input.resize,
        },
        "checks": to_json(case.checks),
        "depth": to_json(case.depth),
        "learning_curve": curve,
        "confusion": confusion_matrix(dataset.labels, explained.predictions[0], len(dataset.class_names)).tolist(),
        "plan": {
            "modelled_seconds": {part: round(value, 1) for part, value in laboratory.plan.seconds.items()},
            "left_out": dict(laboratory.plan.reasons),
        },
    }


def _repeats_best_cut(laboratory: Laboratory, experiment: Experiment, outcome: Outcome) -> bool:
    """Where the joined cuts were left out or never chosen, ``best_taps`` says nothing that ``best_cut`` does not."""
    if experiment.estimator != "best taps":
        return False
    return any(
        other.estimator == "best cut" and np.array_equal(measured.predictions, outcome.predictions)
        for other, measured in laboratory.measured().items()
    )


def _row(dataset: Dataset, experiment: Experiment, outcome: Outcome) -> LeaderboardRow:
    estimate = estimate_balanced_accuracy(dataset.labels, outcome.predictions, dataset.groups)
    train = outcome.train_balanced_accuracy
    return LeaderboardRow(
        name=experiment.name,
        kind=_kind(experiment),
        balanced_accuracy=estimate.value,
        ci_low=estimate.low,
        ci_high=estimate.high,
        train_balanced_accuracy=None if np.isnan(train) else train,
        epochs_to_95pct=outcome.epochs_to_95pct,
        seconds=outcome.seconds,
        recipe=_recipe_file(experiment),
    )


def _kind(experiment: Experiment) -> LeaderboardKind:
    if experiment.estimator in _CONTROLS:
        return "control"
    if experiment.name in ("classic", "asked"):
        return "baseline"
    return "probe"


def _recipe_file(experiment: Experiment) -> str:
    if experiment.estimator in _CONTROLS or experiment.folds != "grouped":
        return ""
    return f"recipes/{experiment.name}.toml"


def _recipe_of(experiment: Experiment, outcome: Outcome, cuts: Sequence[str]) -> Recipe:
    recipe = experiment.recipe
    if "chosen" not in outcome.details:
        return recipe
    most = outcome.most_chosen
    if most == JOINED:
        return joined_cuts(recipe, cuts).recipe
    if experiment.estimator in ("best cut", "best taps"):
        return replace(recipe, freeze=replace(recipe.freeze, taps=(most,)))
    return replace(recipe, head=from_json(HeadRecipe, {"kind": most, "hidden": []}))
