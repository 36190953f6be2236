"""Other heads on the same features and folds as the probe: nearest centroid and nearest neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.probes.logistic import softmax
from frostline.probes.probe import ProbeResult, check_folds
from frostline.probes.rotation import Floats, as_features, standardisation
from frostline.stats import balanced_accuracy, inner_folds
from frostline.stats.folds import Groups

NEIGHBOURS = (1, 3, 5, 10, 20, 50)

# Rows of the similarity matrix at a time: 1024 x 100,000 float32 are 400 MB at most.
_ROWS = 1024

# (train features, train labels, test features, n_classes) -> probabilities for each setting (settings, m, k)
_Head = Callable[[Floats, NDArray[np.int64], Floats, int], NDArray[np.float32]]


def nearest_centroid(
    features: NDArray[Any], labels: ArrayLike, groups: Groups, folds: ArrayLike, *, seed: int = 0, inner: int = 3
) -> ProbeResult:
    """Each image gets the class whose mean (of standardised features, on the training part) is nearest.

    Args:
        features, labels, groups, folds, seed, inner: as for ``probe``.

    Returns:
        ``strengths`` is 0 throughout: there is nothing to choose. ``probabilities`` are a softmax over minus half the
        squared distance per feature: an order, not a calibrated probability.

    Raises:
        DataError: as ``probe``.
    """
    return _cross_validate(features, labels, groups, folds, (0.0,), _centroid_head, seed, inner)


def nearest_neighbours(
    features: NDArray[Any],
    labels: ArrayLike,
    groups: Groups,
    folds: ArrayLike,
    *,
    seed: int = 0,
    neighbours: Sequence[int] = NEIGHBOURS,
    inner: int = 3,
) -> ProbeResult:
    """The k nearest neighbours by cosine of the centred features; k chosen on inner folds of each training part.

    A vote counts 1 / (images of its class in the training part), so that frequent classes do not win by number.

    Args:
        features, labels, groups, folds, seed, inner: as for ``probe``.
        neighbours: the values of k to choose from; those above the number of training images are the number itself.

    Returns:
        ``strengths`` holds the chosen k; ``probabilities`` the shares of the votes.

    Raises:
        DataError: as ``probe``.
    """
    settings = tuple(sorted(neighbours))

    def head(train: Floats, known: NDArray[np.int64], test: Floats, n_classes: int) -> NDArray[np.float32]:
        return _neighbour_votes(train, known, test, n_classes, settings)

    return _cross_validate(features, labels, groups, folds, settings, head, seed, inner)


def _cross_validate(
    features: NDArray[Any],
    labels: ArrayLike,
    groups: Groups,
    folds: ArrayLike,
    settings: Sequence[float],
    head: _Head,
    seed: int,
    inner: int,
) -> ProbeResult:
    started = time.perf_counter()
    true, codes, fold_of, outer_folds = check_folds(labels, groups, folds)
    matrix = as_features(features, true.size)
    n_classes = int(true.max()) + 1
    probabilities = np.zeros((true.size, n_classes), np.float32)
    chosen, scores, fitted = [], [], []
    for fold in outer_folds:
        train = fold_of != fold
        inside = inner_folds(true, codes, fold_of, int(fold), inner, seed=seed)
        guesses = np.full((len(settings), true.size), -1, np.int64)
        for inner_fold in range(int(inside.max()) + 1):
            fit, test = (inside >= 0) & (inside != inner_fold), inside == inner_fold
            guesses[:, test] = head(matrix[fit], true[fit], matrix[test], n_classes).argmax(axis=2)
        tries = [balanced_accuracy(true[train], guess[train]) for guess in guesses]
        best = int(np.argmax(tries))
        probabilities[~train] = head(matrix[train], true[train], matrix[~train], n_classes)[best]
        own = head(matrix[train], true[train], matrix[train], n_classes)[best].argmax(axis=1)
        fitted.append(balanced_accuracy(true[train], own))
        chosen.append(float(settings[best]))
        scores.append(tries[best])
    return ProbeResult.of_folds(probabilities, scores, chosen, fitted, started)


def _centroid_head(train: Floats, known: NDArray[np.int64], test: Floats, n_classes: int) -> NDArray[np.float32]:
    mean, scale = standardisation(train)
    train, test = (train - mean) * scale, (test - mean) * scale
    counts = np.bincount(known, minlength=n_classes)
    one_hot = np.zeros((known.size, n_classes), np.float32)
    one_hot[np.arange(known.size), known] = 1.0
    centroids = one_hot.T @ train / np.maximum(counts, 1)[:, None].astype(np.float32)
    logits = (test @ centroids.T - 0.5 * np.sum(centroids**2, axis=1)) / test.shape[1]
    logits[:, counts == 0] = -np.inf
    return softmax(logits)[None]


def _neighbour_votes(
    train: Floats, known: NDArray[np.int64], test: Floats, n_classes: int, settings: Sequence[int]
) -> NDArray[np.float32]:
    mean = train.mean(axis=0)
    train, test = _unit_rows(train - mean), _unit_rows(test - mean)
    most = min(max(settings), known.size)
    vote = (1.0 / np.maximum(np.bincount(known, minlength=n_classes), 1)).astype(np.float32)
    result = np.zeros((len(settings), test.shape[0], n_classes), np.float32)
    for start in range(0, test.shape[0], _ROWS):
        similarity = test[start : start + _ROWS] @ train.T
        rows = np.arange(similarity.shape[0])
        nearest = np.argpartition(-similarity, most - 1, axis=1)[:, :most]
        by_similarity = np.argsort(-np.take_along_axis(similarity, nearest, axis=1), axis=1, kind="stable")
        classes = known[np.take_along_axis(nearest, by_similarity, axis=1)]
        votes = np.zeros((rows.size, n_classes), np.float32)
        for rank in range(most):
            votes[rows, classes[:, rank]] += vote[classes[:, rank]]
            for position, k in enumerate(settings):
                if rank + 1 == min(k, most):
                    result[position, start : start + rows.size] = votes
    result /= result.sum(axis=2, keepdims=True)
    return result


def _unit_rows(matrix: Floats) -> Floats:
    norms = np.sqrt(np.sum(matrix * matrix, axis=1, keepdims=True))
    unit: Floats = matrix / np.maximum(norms, np.float32(1e-12))
    return unit
