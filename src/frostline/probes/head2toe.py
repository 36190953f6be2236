"""A linear head on a selection of the features of all cuts together, after Head2Toe (Evci et al. 2022, 2201.03529).

As there: the features of every cut are brought to the same norm and concatenated; a first linear model on all of them
ranks each feature by the norm of its row of weights; the best fraction is kept and a linear head fitted to it. Other
than there: the first model is a ridge regression on class indicators in its dual, closed form, instead of a group
lasso by gradient descent, so that a ranking costs one Cholesky factorisation; and everything is chosen on inner folds,
the ranking included, which is made anew without each inner fold.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError
from frostline.probes.logistic import class_weights, fit_path
from frostline.probes.probe import ProbeResult, check_folds, fit_one
from frostline.probes.rotation import Floats, as_features, standardisation
from frostline.stats import balanced_accuracy, inner_folds
from frostline.stats.folds import Groups

FRACTIONS = (0.05, 0.15, 0.4)
STRENGTHS = (0.3, 0.1, 0.03)
# Of the ranking's ridge, relative to the mean eigenvalue of the Gram matrix.
_RIDGE = 1.0
# Selections up to this size are rotated to their principal axes; above, that costs more than it saves.
_ROTATE_UP_TO = 1000
_TOLERANCE_TO_CHOOSE = 2e-2


def concatenated_cuts(
    cuts: Mapping[str, NDArray[Any]],
    labels: ArrayLike,
    groups: Groups,
    folds: ArrayLike,
    *,
    seed: int = 0,
    fractions: Sequence[float] = FRACTIONS,
    strengths: Sequence[float] = STRENGTHS,
    inner: int = 3,
) -> ProbeResult:
    """Out-of-fold predictions of a linear head on the best fraction of all cuts' features.

    Args:
        cuts: features ``(n, d_cut)`` by name of the cut.
        labels, groups, folds, seed, inner: as for ``probe``.
        fractions: of the features to keep, in (0, 1].
        strengths: of the head's penalty.

    Returns:
        ``strengths`` holds the fraction chosen in each fold.

    Raises:
        DataError: no cut, a fraction outside (0, 1], or as ``probe``.
    """
    started = time.perf_counter()
    true, codes, fold_of, outer_folds = check_folds(labels, groups, folds)
    if not cuts or not fractions or not all(0 < fraction <= 1 for fraction in fractions):
        raise DataError(
            f"Expected at least one cut, and fractions in (0, 1]. Received: cuts {list(cuts)}, fractions {fractions}.",
            hint="pass the features of the cuts by their names.",
        )
    parts = [as_features(part, true.size) for part in cuts.values()]
    matrix = np.concatenate(parts, axis=1)
    emphasis = np.concatenate([np.full(p.shape[1], 1.0 / np.sqrt(p.shape[1]), np.float32) for p in parts])
    emphasis *= np.float32(np.sqrt(matrix.shape[1] / len(parts)))
    n_classes = int(true.max()) + 1
    probabilities = np.zeros((true.size, n_classes), np.float32)
    chosen, scores, fitted = [], [], []
    for fold in outer_folds:
        train = fold_of != fold
        mean, scale = standardisation(matrix[train])
        scaled = (matrix - mean) * (scale * emphasis)
        gram = scaled[train] @ scaled[train].T
        inside = inner_folds(true, codes, fold_of, int(fold), inner, seed=seed)[train]
        fraction, strength, score = _choose(
            scaled[train], gram, true[train], inside, n_classes, sorted(fractions), sorted(strengths, reverse=True)
        )
        kept = _ranking(scaled[train], gram, true[train])[: _size(fraction, matrix.shape[1])]
        columns, variance = _prepare(scaled[:, kept], train)
        model = fit_one(columns[train], true[train], n_classes, strength, variance, balanced=True)
        probabilities[~train] = model.probabilities(columns[~train])
        fitted.append(balanced_accuracy(true[train], model.predict(columns[train])))
        chosen.append(fraction)
        scores.append(score)
    return ProbeResult.of_folds(probabilities, scores, chosen, fitted, started)


def _size(fraction: float, d: int) -> int:
    return max(1, round(fraction * d))


def _choose(
    scaled: Floats,
    gram: Floats,
    labels: NDArray[np.int64],
    inside: NDArray[np.int64],
    n_classes: int,
    fractions: Sequence[float],
    strengths: Sequence[float],
) -> tuple[float, float, float]:
    """The best (fraction, strength) by balanced accuracy pooled over the inner folds, and that accuracy."""
    guesses = np.full((len(fractions), len(strengths), labels.size), -1, np.int64)
    for fold in range(int(inside.max()) + 1):
        fit, test = inside != fold, inside == fold
        order = _ranking(scaled[fit], gram[np.ix_(fit, fit)], labels[fit])
        for i, fraction in enumerate(fractions):
            columns, variance = _prepare(scaled[:, order[: _size(fraction, scaled.shape[1])]], fit)
            path = fit_path(
                np.ascontiguousarray(columns[fit]),
                labels[fit],
                n_classes,
                strengths,
                variance=variance,
                tolerance=_TOLERANCE_TO_CHOOSE,
            )
            held_out = columns[test]
            for j, model in enumerate(path):
                guesses[i, j, test] = model.predict(held_out)
    scores = np.array([[balanced_accuracy(labels, guess) for guess in row] for row in guesses])
    i, j = divmod(int(np.argmax(scores)), len(strengths))
    return float(fractions[i]), float(strengths[j]), float(scores[i, j])


def _ranking(scaled: Floats, gram: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Features by falling norm of their weights in a class-balanced ridge regression on class indicators."""
    from scipy.linalg import cho_factor, cho_solve

    present, compact = np.unique(labels, return_inverse=True)
    root = np.sqrt(class_weights(compact) * labels.size).astype(np.float32)
    targets = np.zeros((labels.size, present.size), np.float32)
    targets[np.arange(labels.size), compact] = 1.0
    targets = (targets - 1.0 / present.size) * root[:, None]
    system = gram * root[:, None] * root
    diagonal = np.einsum("ii->i", system)
    diagonal += _RIDGE * max(float(diagonal.mean()), 1e-12)
    dual = cho_solve(cho_factor(system, lower=True, overwrite_a=True, check_finite=False), targets)
    weights = scaled.T @ (dual * root[:, None])
    return np.argsort(-np.sum(weights * weights, axis=1), kind="stable")


def _prepare(columns: Floats, fit: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The columns, rotated to the principal axes of the rows ``fit`` where that pays, and their mean squares."""
    train = columns[fit]
    if columns.shape[1] > _ROTATE_UP_TO:
        return columns, np.mean(train * train, axis=0)
    variance, basis = np.linalg.eigh(train.T @ train / train.shape[0])
    return columns @ basis, np.maximum(variance, 0).astype(np.float32)
