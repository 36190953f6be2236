"""The probe: a cross-validated linear classifier on pooled activations, its strength chosen inside."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError
from frostline.probes.logistic import LogisticFit, fit_path
from frostline.probes.rotation import Floats, Rotation, as_features
from frostline.stats import balanced_accuracy, inner_folds
from frostline.stats.folds import Groups, group_codes
from frostline.stats.metrics import as_labels

# Half decades. On the sets in hand .03 to .1 wins; the ends are for tiny sets and for very many images.
STRENGTHS = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)

# Stop weakening the penalty after this many strengths in a row were worse than the best so far.
_PATIENCE = 2
_TOLERANCE_TO_CHOOSE = 1e-2
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class ProbeResult:
    """What a classifier, fitted once per outer fold to the other folds, said about the fold it had not seen.

    Attributes:
        predictions: ``(n,)`` int64 class index of each image, from the model that had not seen its fold.
        inner_scores: ``(folds,)`` balanced accuracy of the chosen setting on inner folds of each training part, pooled
            over the inner folds; for choosing between cuts, heads or views without a look at the outer fold.
        strengths: ``(folds,)`` the setting chosen per fold: strength of the penalty, or what the head says it is.
        train_balanced_accuracy: on the images each model was fitted to, mean over the folds.
        probabilities: ``(n, k)`` float32, rows sum to 1; of the models that had not seen the image.
        seconds: wall-clock time it took.
    """

    predictions: NDArray[np.int64]
    inner_scores: NDArray[np.float64]
    strengths: NDArray[np.float64]
    train_balanced_accuracy: float
    probabilities: NDArray[np.float32]
    seconds: float

    @classmethod
    def of_folds(
        cls,
        probabilities: NDArray[np.float32],
        scores: Sequence[float],
        chosen: Sequence[float],
        fitted: Sequence[float],
        started: float,
    ) -> ProbeResult:
        """What a loop over the outer folds gathered: probabilities of all images, the rest one value per fold.

        ``fitted`` are balanced accuracies on the training parts; ``started`` is ``time.perf_counter()`` at the start.
        """
        return cls(
            predictions=probabilities.argmax(axis=1).astype(np.int64),
            inner_scores=np.asarray(scores),
            strengths=np.asarray(chosen),
            train_balanced_accuracy=float(np.mean(fitted)),
            probabilities=probabilities,
            seconds=time.perf_counter() - started,
        )


@dataclass(frozen=True)
class LinearModel:
    """A linear classifier in the space of the features as they were given: ``features @ weights + bias``.

    Attributes:
        weights: ``(d, k)`` float32, standardisation folded in.
        bias: ``(k,)`` float32.
        strength: of the penalty it was fitted with.
    """

    weights: Floats
    bias: Floats
    strength: float


def probe(
    features: NDArray[Any],
    labels: ArrayLike,
    groups: Groups,
    folds: ArrayLike,
    *,
    seed: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    inner: int = 3,
    balanced: bool = True,
) -> ProbeResult:
    """Out-of-fold predictions of an L2-regularised multinomial logistic regression (``logistic``).

    For each outer fold: features are standardised on its training part; the strength is the one with the best balanced
    accuracy on ``inner`` grouped stratified folds of the training part (the stronger one of equals); a model with it is
    fitted to the whole training part. Deterministic.

    Args:
        features: ``(n, d)``, any real dtype.
        labels: ``(n,)`` class indices.
        groups: ``(n,)`` group of each image; inner folds do not split groups either.
        folds: ``(n,)`` outer fold of each image, as ``grouped_stratified_folds`` gives them.
        seed: of the inner folds.
        strengths: to choose from; see ``logistic`` for what a strength is. A single one is used without choosing, and
            its inner score is measured all the same.
        inner: number of inner folds.
        balanced: weigh classes equally. On, because balanced accuracy is what is measured.

    Raises:
        DataError: shapes that do not fit, features that are not finite, fewer than 2 folds.
    """
    started = time.perf_counter()
    true, codes, fold_of, outer_folds = check_folds(labels, groups, folds)
    matrix = as_features(features, true.size)
    n_classes = int(true.max()) + 1
    probabilities = np.zeros((true.size, n_classes), np.float32)
    chosen, scores, fitted = [], [], []
    for fold in outer_folds:
        train = fold_of != fold
        rotation = Rotation.fit(matrix[train])
        rotated = rotation.apply(matrix)
        inside = inner_folds(true, codes, fold_of, int(fold), inner, seed=seed)
        strength, score = choose_strength(rotated, true, inside, n_classes, strengths, rotation.variance, balanced)
        model = fit_one(rotated[train], true[train], n_classes, strength, rotation.variance, balanced)
        probabilities[~train] = model.probabilities(rotated[~train])
        fitted.append(balanced_accuracy(true[train], model.predict(rotated[train])))
        chosen.append(strength)
        scores.append(score)
    return ProbeResult.of_folds(probabilities, scores, chosen, fitted, started)


def fit_linear(
    features: NDArray[Any],
    labels: ArrayLike,
    strength: float,
    *,
    n_classes: int | None = None,
    balanced: bool = True,
) -> LinearModel:
    """One model fitted to all the images given, for delivery or as a head to start fine-tuning from.

    Args:
        features: ``(n, d)``.
        labels: ``(n,)`` class indices.
        strength: e.g. the median of ``ProbeResult.strengths``.
        n_classes: number of classes; by default the largest label plus one.
        balanced: weigh classes equally.

    Raises:
        DataError: shapes that do not fit, or features that are not finite.
    """
    true = as_labels(labels)
    matrix = as_features(features, true.size)
    rotation = Rotation.fit(matrix)
    k = int(true.max()) + 1 if n_classes is None else n_classes
    model = fit_one(rotation.apply(matrix), true, k, strength, rotation.variance, balanced)
    weights = model.weights if rotation.basis is None else rotation.basis @ model.weights
    weights = rotation.scale[:, None] * weights
    # A class without images has no bias of its own; a very low one keeps it out of every prediction and stays finite.
    bias = np.where(np.isfinite(model.bias), model.bias, np.float32(-1e4)) - rotation.mean @ weights
    return LinearModel(weights.astype(np.float32), bias.astype(np.float32), strength)


def choose_by_inner(results: Mapping[str, ProbeResult], folds: ArrayLike) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Nested choice between results on the same images and folds: in each outer fold the best by inner score.

    Args:
        results: by name (cuts, views, heads); of equals the first wins.
        folds: ``(n,)`` the outer folds that the results were made with.

    Returns:
        ``(n,)`` predictions, each fold's from the result chosen for it, and the chosen name of each fold in order.

    Raises:
        DataError: no result, or results on other images or folds.
    """
    fold_of = np.asarray(folds)
    outer_folds = np.unique(fold_of)
    shapes = {name: (r.predictions.shape, r.inner_scores.shape) for name, r in results.items()}
    if not results or any(s != (fold_of.shape, outer_folds.shape) for s in shapes.values()):
        raise DataError(
            f"Expected results on {fold_of.size} images in {outer_folds.size} folds. Received: {shapes}.",
            hint="choose only between results that were measured on the same images and folds.",
        )
    names = tuple(results)
    predictions = np.empty(fold_of.shape, np.int64)
    chosen = []
    for position, fold in enumerate(outer_folds):
        best = max(names, key=lambda name: float(results[name].inner_scores[position]))
        predictions[fold_of == fold] = results[best].predictions[fold_of == fold]
        chosen.append(best)
    return predictions, tuple(chosen)


def check_folds(
    labels: ArrayLike, groups: Groups, folds: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Labels, group codes, folds, and the sorted fold numbers.

    Raises:
        DataError: shapes that do not fit, fewer than 2 folds, -1 among them, or a group in two folds.
    """
    true = as_labels(labels)
    codes = group_codes(groups, true.size)
    fold_of = np.asarray(folds)
    if fold_of.shape != true.shape or fold_of.dtype.kind not in "iu" or fold_of.min() < 0 or np.ptp(fold_of) == 0:
        raise DataError(
            f"Expected one fold of 0 or more per image ({true.size}), and at least 2 folds. Received: shape "
            f"{fold_of.shape}, folds {np.unique(fold_of)[:10].tolist()}.",
            hint="fix the folds first: Dataset.with_folds, or grouped_stratified_folds.",
        )
    n_folds = int(fold_of.max()) + 1
    split = int(np.unique(codes * n_folds + fold_of).size - np.unique(codes).size)
    if split:
        raise DataError(
            f"Expected every group in one fold. Received: groups that stand in several folds, {split} times too often.",
            hint="make the folds with grouped_stratified_folds and the same groups.",
        )
    return true, codes, fold_of.astype(np.int64), np.unique(fold_of).astype(np.int64)


def choose_strength(
    rotated: Floats,
    labels: NDArray[np.int64],
    inside: NDArray[np.int64],
    n_classes: int,
    strengths: Sequence[float],
    variance: Floats,
    balanced: bool,
) -> tuple[float, float]:
    """The strength with the best balanced accuracy, pooled over the inner folds, and that accuracy.

    All inner folds walk the path from strong to weak together, and stop when weaker ones only get worse.
    """
    paths = []
    ordered = sorted(strengths, reverse=True)
    for fold in range(int(inside.max()) + 1):
        fit, test = (inside >= 0) & (inside != fold), inside == fold
        path = fit_path(
            np.ascontiguousarray(rotated[fit]),
            labels[fit],
            n_classes,
            ordered,
            variance=variance,
            balanced=balanced,
            tolerance=_TOLERANCE_TO_CHOOSE,
        )
        paths.append((path, np.ascontiguousarray(rotated[test]), test))
    used = inside >= 0
    best, best_score, worse = ordered[0], -1.0, 0
    predictions = np.full(labels.shape, -1, np.int64)
    for strength in ordered:
        for path, held_out, test in paths:
            predictions[test] = next(path).predict(held_out)
        score = balanced_accuracy(labels[used], predictions[used])
        worse = worse + 1 if score < best_score else 0
        if score > best_score:
            best, best_score = strength, score
        if worse >= _PATIENCE:
            break
    return best, best_score


def fit_one(
    features: Floats, labels: NDArray[np.int64], n_classes: int, strength: float, variance: Floats, balanced: bool
) -> LogisticFit:
    """One model at one strength, reached over a stronger one."""
    path = fit_path(
        np.ascontiguousarray(features),
        labels,
        n_classes,
        (strength * 10, strength),
        variance=variance,
        balanced=balanced,
        tolerance=_TOLERANCE,
    )
    *_, model = path
    return model
