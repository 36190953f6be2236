"""How each estimator of an experiment is measured: one short function per estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from frostline.diagnose.experiment import (
    JOINED,
    Estimator,
    Experiment,
    Outcome,
    OutOfBudgetError,
    best_cut,
    cut_probe,
    joined_cuts,
)
from frostline.probes import (
    ProbeResult,
    choose_by_inner,
    concatenated_cuts,
    majority_class,
    nearest_centroid,
    nearest_neighbours,
    probe,
    raw_pixels,
)
from frostline.records import EpochRow
from frostline.tune import DenseHeadTrainer, epochs_to_95_percent
from frostline.workflow.thumbnails import grey_thumbnails

if TYPE_CHECKING:
    from frostline.workflow.laboratory import Laboratory


def _head(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    kind = experiment.recipe.head.kind
    if kind == "dense":
        return _dense_head(laboratory, experiment)
    if kind == "head2toe":
        taps = {cut: laboratory.activations().read(cut) for cut in experiment.recipe.freeze.taps}
        return _cross_validated(laboratory, experiment, concatenated_cuts, taps)
    classify = {"linear": probe, "centroid": nearest_centroid, "knn": nearest_neighbours}[kind]
    return _cross_validated(laboratory, experiment, classify, laboratory.tapped(experiment.recipe))


def _cross_validated(
    laboratory: Laboratory, experiment: Experiment, classify: Callable[..., ProbeResult], features: Any
) -> Outcome:
    """One of the classifiers of ``probes`` under the experiment's split; images of fold -1 are left out altogether."""
    split = laboratory.split(experiment)
    used = np.flatnonzero(split.folds >= 0)
    if isinstance(features, Mapping):
        features = {cut: values[used] for cut, values in features.items()}
    else:
        features = features[used]
    result = classify(
        features,
        laboratory.dataset.labels[used],
        [split.groups[int(index)] for index in used],
        split.folds[used],
        seed=laboratory.recipe.seed,
    )
    predictions = np.full(len(split.folds), -1, dtype=np.int64)
    predictions[used] = result.predictions
    return _outcome(
        np.where(np.isin(split.folds, split.scored), predictions, -1),
        train=result.train_balanced_accuracy,
        details={
            "inner_scores": [float(score) for score in result.inner_scores],
            "strengths": [float(strength) for strength in result.strengths],
        },
    )


def _dense_head(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    recipe, dataset = experiment.recipe, laboratory.dataset
    features, labels = laboratory.tapped(recipe), dataset.labels
    split = laboratory.split(experiment)
    classes = len(dataset.class_names)
    predictions = np.full((laboratory.seeds, len(labels)), -1, dtype=np.int64)
    history: list[EpochRow] = []
    train_accuracy: list[float] = []
    curves: list[tuple[float, ...]] = []
    trainer = DenseHeadTrainer(features.shape[1], classes, head=recipe.head, training=recipe.training)
    laboratory.progress.start(f"{experiment.name}: training heads", laboratory.seeds * len(split.scored))
    for seed in range(laboratory.seeds):
        for fold in split.scored:
            test, train = split.folds == fold, split.training(fold)
            trained = trainer.train(
                features[train],
                labels[train],
                seed=recipe.seed + seed,
                validation=(features[test], labels[test]),
            )
            predictions[seed, test] = trained.logits(features[test]).argmax(axis=1)
            history += [
                EpochRow(experiment.name, int(fold), seed, e + 1, m.loss, m.accuracy, m.val_loss, m.val_accuracy)
                for e, m in enumerate(trained.history)
            ]
            if trained.diverged:
                laboratory.progress.say(f"{experiment.name}: the loss stopped being finite in fold {fold}")
            if trained.history:
                train_accuracy.append(trained.history[-1].accuracy)
                curves.append(tuple(m.val_accuracy for m in trained.history))
            laboratory.progress.advance()
    laboratory.progress.finish(f"{laboratory.seeds} seeds, {len(split.scored)} folds")
    # The mean curve, not the mean of each curve's epochs: one fold's curve is noise, and one that gains nothing counts.
    whole = [curve for curve in curves if len(curve) == recipe.training.epochs]
    mean_curve = tuple(float(value) for value in np.mean(whole, axis=0)) if whole else ()
    return Outcome(
        predictions=predictions,
        train_balanced_accuracy=float(np.mean(train_accuracy)) if train_accuracy else float("nan"),
        epochs_to_95pct=epochs_to_95_percent(mean_curve, chance=1.0 / classes),
        history=tuple(history),
        details={"seeds": laboratory.seeds},
    )


def _best_head(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    features = laboratory.tapped(experiment.recipe)
    outcomes = {
        "linear": _linear_head(laboratory, experiment, features),
        "centroid": _cross_validated(laboratory, experiment, nearest_centroid, features),
        "knn": _cross_validated(laboratory, experiment, nearest_neighbours, features),
    }
    results = {name: _as_probe(outcome) for name, outcome in outcomes.items()}
    predictions, chosen = choose_by_inner(results, laboratory.split(experiment).folds)
    return _outcome(
        predictions,
        train=float(np.mean([results[name].train_balanced_accuracy for name in chosen])),
        details={
            "chosen": list(chosen),
            "balanced_accuracy": {name: round(laboratory.score(outcome), 4) for name, outcome in outcomes.items()},
        },
    )


def _linear_head(laboratory: Laboratory, experiment: Experiment, features: Any) -> Outcome:
    """The linear head: the probe by depth has fitted it already where the recipe taps a single cut."""
    taps = experiment.recipe.freeze.taps
    if len(taps) == 1:
        try:
            return laboratory(cut_probe(experiment.recipe, taps[0], experiment.folds))
        except OutOfBudgetError:
            pass
    return _cross_validated(laboratory, experiment, probe, features)


def _best_cut(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    results = {cut: _as_probe(laboratory(cut_probe(experiment.recipe, cut))) for cut in laboratory.cuts}
    predictions, chosen = choose_by_inner(results, laboratory.split(experiment).folds)
    train = float(np.mean([results[cut].train_balanced_accuracy for cut in chosen]))
    inner = [float(results[cut].inner_scores[fold]) for fold, cut in enumerate(chosen)]
    details = {"chosen": list(chosen), "inner_scores": inner, "strengths": [0.0] * len(chosen)}
    return _outcome(predictions, train=train, details=details)


def _as_probe(outcome: Outcome) -> ProbeResult:
    return ProbeResult(
        predictions=outcome.predictions[0],
        inner_scores=np.asarray(outcome.details["inner_scores"], dtype=np.float64),
        strengths=np.asarray(outcome.details["strengths"], dtype=np.float64),
        train_balanced_accuracy=outcome.train_balanced_accuracy,
        probabilities=np.zeros((0, 0), dtype=np.float32),
        seconds=outcome.seconds,
    )


def _best_taps(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    single = laboratory(best_cut(laboratory.recipe))
    try:
        joined = laboratory(joined_cuts(laboratory.recipe, laboratory.cuts))
    except OutOfBudgetError:
        return single
    folds = laboratory.split(experiment).folds
    predictions, chosen = choose_by_inner({"single": _as_probe(single), JOINED: _as_probe(joined)}, folds)
    cuts = [single.details["chosen"][fold] if name == "single" else JOINED for fold, name in enumerate(chosen)]
    sides = [joined if name == JOINED else single for name in chosen]
    train = float(np.mean([side.train_balanced_accuracy for side in sides]))
    return _outcome(predictions, train=train, details={"chosen": cuts})


def _majority(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    split = laboratory.split(experiment)
    return _outcome(majority_class(laboratory.dataset.labels, split.folds))


def _raw_pixels(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    thumbnails = grey_thumbnails(laboratory.dataset, size=24, progress=laboratory.progress)
    return _cross_validated(laboratory, experiment, raw_pixels, thumbnails)


def _random_weights(laboratory: Laboratory, experiment: Experiment) -> Outcome:
    return _cross_validated(laboratory, experiment, probe, laboratory.random_features())


def _outcome(
    predictions: NDArray[np.int64], *, train: float = float("nan"), details: Mapping[str, Any] | None = None
) -> Outcome:
    return Outcome(predictions[np.newaxis], train, None, (), details or {})


ESTIMATORS: dict[Estimator, Callable[[Laboratory, Experiment], Outcome]] = {
    "head": _head,
    "best head": _best_head,
    "best cut": _best_cut,
    "best taps": _best_taps,
    "majority": _majority,
    "raw pixels": _raw_pixels,
    "random weights": _random_weights,
}
