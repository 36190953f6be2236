"""Balanced accuracy by number of training images, and what twice as many would buy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError
from frostline.probes.logistic import fit_path
from frostline.probes.probe import check_folds
from frostline.probes.rotation import Rotation, as_features
from frostline.records import Estimate
from frostline.stats import balanced_accuracy
from frostline.stats.bootstrap import drawn_balanced_accuracies
from frostline.stats.folds import Groups

# Of each training part. Halving is what the question "what would doubling buy" extrapolates.
SHARES = (0.125, 0.25, 0.5, 1.0)
# The curve bends; its right end says most about what comes next.
_FITTED_POINTS = 3
_SMALLEST_ERROR = 1e-3


@dataclass(frozen=True)
class LearningCurve:
    """How the probe's accuracy grows with the number of training images.

    Attributes:
        images: ``(sizes,)`` mean number of training images.
        balanced_accuracy: ``(sizes,)`` out of fold, mean over the seeds.
        exponent: b of the power law ``error = a * images ** -b`` fitted to the three largest sizes; the larger, the
            more images help.
        gain_of_doubling: balanced accuracy that twice the images would add by that law, with its interval over groups.
            It is an extrapolation: the interval holds the noise of the measurement, not a bend of the curve to come.
    """

    images: NDArray[np.float64]
    balanced_accuracy: NDArray[np.float64]
    exponent: float
    gain_of_doubling: Estimate


def learning_curve(
    features: NDArray[Any],
    labels: ArrayLike,
    groups: Groups,
    folds: ArrayLike,
    strengths: ArrayLike,
    *,
    shares: Sequence[float] = SHARES,
    seeds: int = 2,
    seed: int = 0,
    level: float = 0.95,
) -> LearningCurve:
    """Fit the probe to growing, nested parts of each training part; always score the same outer folds.

    Parts are made of whole groups and hold every class. The strengths are those that the probe chose on the whole
    training parts: choosing anew for each size would cost more than the curve.

    Args:
        features, labels, groups, folds: as for ``probe``.
        strengths: ``(folds,)``, ``ProbeResult.strengths``.
        shares: of the training groups, at least 2 different ones in (0, 1].
        seeds: number of random orders of the groups.
        seed: of the orders and of the interval.
        level: of the interval.

    Raises:
        DataError: shapes that do not fit, or shares outside (0, 1].
    """
    true, codes, fold_of, outer_folds = check_folds(labels, groups, folds)
    matrix = as_features(features, true.size)
    strength_of = np.asarray(strengths, np.float64)
    sizes = sorted(set(shares))
    if strength_of.shape != outer_folds.shape or len(sizes) < 2 or sizes[0] <= 0 or sizes[-1] > 1 or seeds < 1:
        raise DataError(
            f"Expected a strength for each of {outer_folds.size} folds, at least 2 shares in (0, 1] and 1 seed. "
            f"Received: strengths of shape {strength_of.shape}, shares {tuple(shares)}, {seeds} seeds.",
            hint="pass ProbeResult.strengths of the same folds.",
        )
    n_classes = int(true.max()) + 1
    predictions = np.zeros((len(sizes), seeds, true.size), np.int64)
    images = np.zeros(len(sizes))
    for fold, strength in zip(outer_folds, strength_of, strict=True):
        train, test = np.flatnonzero(fold_of != fold), fold_of == fold
        rotation = Rotation.fit(matrix[train])
        rotated = rotation.apply(matrix)
        for repeat in range(seeds):
            position = nested_positions(true[train], codes[train], seed=seed + repeat)
            for i, size in enumerate(sizes):
                part = train[position <= size]
                images[i] += part.size / (seeds * outer_folds.size)
                if size == 1.0 and repeat > 0:
                    predictions[i, repeat, test] = predictions[i, 0, test]
                    continue
                (model,) = fit_path(
                    rotated[part], true[part], n_classes, (strength,), variance=rotation.variance, tolerance=3e-3
                )
                predictions[i, repeat, test] = model.predict(rotated[test])
    reached = np.array([balanced_accuracy(true, rows) for rows in predictions])
    drawn = drawn_balanced_accuracies(true, list(predictions), codes, draws=1000, seed=seed)
    used = slice(-_FITTED_POINTS, None)
    exponent = float(_exponents(images[used], reached[used, None])[0])
    gain = float(_gain(images[used], reached[used, None])[0])
    gains = _gain(images[used], drawn[used])
    low, high = np.quantile(gains, [(1 - level) / 2, (1 + level) / 2])
    return LearningCurve(
        images=images,
        balanced_accuracy=reached,
        exponent=exponent,
        gain_of_doubling=Estimate(gain, min(gain, float(low)), max(gain, float(high)), level),
    )


def nested_positions(labels: NDArray[np.int64], codes: NDArray[np.int64], *, seed: int) -> NDArray[np.float64]:
    """Where each image stands when its training part grows: it belongs to every part of a share not below this.

    A group's position is its rank, in random order, among the groups of the class that it holds most of, counted in
    images. The first group of each class stands at 0, so that no part lacks a class.

    Returns:
        ``(n,)`` float64, 0..1; the same for all images of a group.
    """
    rng = np.random.default_rng(seed)
    unique, inverse = np.unique(codes, return_inverse=True)
    n_classes = int(labels.max()) + 1
    counts = np.bincount(inverse * n_classes + labels, minlength=unique.size * n_classes)
    table = counts.reshape(unique.size, n_classes).astype(np.float64)
    home = np.argmax(table / np.maximum(table.sum(axis=0), 1), axis=1)
    order = rng.permutation(unique.size)
    position = np.zeros(unique.size)
    for c in np.unique(home):
        members = order[home[order] == c]
        sizes = table[members].sum(axis=1)
        # Its middle, so that large groups neither always come in nor always stay out.
        position[members] = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    for c in np.unique(labels):
        holders = order[table[order, c] > 0]
        position[holders[np.argmin(position[holders])]] = 0.0
    return position[inverse].round(12)


def _exponents(images: NDArray[np.float64], accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares of log error on log images, one per column of ``accuracies`` (sizes, m); never below 0."""
    x = np.log(images) - np.log(images).mean()
    y = np.log(np.maximum(1.0 - accuracies, _SMALLEST_ERROR))
    slopes: NDArray[np.float64] = (x @ (y - y.mean(axis=0))) / max(float(x @ x), 1e-12)
    return np.maximum(0.0, -slopes)


def _gain(images: NDArray[np.float64], accuracies: NDArray[np.float64]) -> NDArray[np.float64]:
    error = np.maximum(1.0 - accuracies[-1], 0.0)
    gains: NDArray[np.float64] = error * (1.0 - 2.0 ** -_exponents(images, accuracies))
    return gains
