"""Balanced accuracy and the confusion matrix it is read from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError


def as_labels(labels: ArrayLike, *, name: str = "labels") -> NDArray[np.int64]:
    """``labels`` as int64 class indices.

    Args:
        labels: ``(n,)`` integers, not negative, n at least 1.
        name: what to call them in the message.

    Raises:
        DataError: another shape, not integers, or a negative value.
    """
    array: NDArray[Any] = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise DataError(
            f"Expected {name} as a one-dimensional, non-empty array of integers. "
            f"Received: shape {array.shape}, dtype {array.dtype}.",
            hint="pass class indices, e.g. Dataset.labels.",
        )
    result = array.astype(np.int64)
    if result.min() < 0:
        raise DataError(
            f"Expected {name} of 0 or more. Received: {int(result.min())}.", hint="pass class indices, 0..classes-1."
        )
    return result


def correct_share(labels: NDArray[np.int64], predictions: ArrayLike) -> NDArray[np.float64]:
    """The share of seeds that predicted each image right: ``(n,)`` float64, 0..1.

    Args:
        labels: ``(n,)`` class indices.
        predictions: ``(n,)`` or ``(seeds, n)`` class indices; -1 stands for "no prediction" and counts as wrong.

    Raises:
        DataError: the shapes do not fit.
    """
    array: NDArray[Any] = np.asarray(predictions)
    if (
        array.ndim not in (1, 2)
        or array.shape[-1] != labels.shape[0]
        or array.size == 0
        or array.dtype.kind not in "iu"
    ):
        raise DataError(
            f"Expected predictions as class indices of shape ({labels.shape[0]},) or (seeds, {labels.shape[0]}). "
            f"Received: shape {array.shape}, dtype {array.dtype}.",
            hint="predict one class index per image, in the order of the labels.",
        )
    shares: NDArray[np.float64] = (np.atleast_2d(array) == labels).mean(axis=0, dtype=np.float64)
    return shares


def confusion_matrix(
    labels: ArrayLike, predictions: ArrayLike, n_classes: int | None = None, *, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Images by true class (rows) and predicted class (columns).

    Args:
        labels: ``(n,)`` class indices.
        predictions: ``(n,)`` class indices.
        n_classes: number of classes; by default the largest index plus one.
        weights: ``(n,)`` weight of each image; 1 by default.

    Returns:
        ``(n_classes, n_classes)`` float64.

    Raises:
        DataError: shapes that differ, or an index that is not below ``n_classes``.
    """
    true = as_labels(labels)
    predicted = as_labels(predictions, name="predictions")
    if true.shape != predicted.shape:
        raise DataError(
            f"Expected one prediction per label. Received: {predicted.size} predictions, {true.size} labels.",
            hint="predict every image exactly once.",
        )
    size = int(max(true.max(), predicted.max())) + 1
    if n_classes is not None and size > n_classes:
        raise DataError(
            f"Expected class indices below {n_classes}. Received: {size - 1}.", hint="pass the number of all classes."
        )
    k = size if n_classes is None else n_classes
    counts = np.bincount(
        true * k + predicted, weights=None if weights is None else np.asarray(weights, np.float64), minlength=k * k
    )
    return counts.reshape(k, k).astype(np.float64)


def recall_by_class(labels: ArrayLike, predictions: ArrayLike) -> dict[int, float]:
    """The share of each class's images that is predicted right, by class index; only classes present in ``labels``.

    Args:
        labels: ``(n,)`` class indices.
        predictions: ``(n,)`` or ``(seeds, n)`` class indices; -1 counts as wrong.

    Raises:
        DataError: shapes or types that do not fit.
    """
    true = as_labels(labels)
    shares = correct_share(true, predictions)
    totals = np.bincount(true)
    hits = np.bincount(true, weights=shares)
    return {int(c): float(hits[c] / totals[c]) for c in np.flatnonzero(totals)}


def balanced_accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Mean recall over the classes present in ``labels``; 0..1, chance is 1 / classes.

    Args:
        labels: ``(n,)`` class indices.
        predictions: ``(n,)`` or ``(seeds, n)`` class indices, averaged over the seeds; -1 counts as wrong.

    Raises:
        DataError: shapes or types that do not fit.
    """
    recalls = recall_by_class(labels, predictions)
    return float(np.mean(list(recalls.values())))
