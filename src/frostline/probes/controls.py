"""Controls: what is reached without any pretrained network. A network that loses against them has not helped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError
from frostline.probes.probe import ProbeResult, probe
from frostline.probes.rotation import Floats
from frostline.stats.folds import Groups
from frostline.stats.metrics import as_labels

# Side of the grey images that raw_pixels expects.
RAW_SIZE = 24


def majority_class(labels: ArrayLike, folds: ArrayLike) -> NDArray[np.int64]:
    """Every image gets the most frequent class of the other folds; of equals the one with the lowest index.

    Args:
        labels: ``(n,)`` class indices.
        folds: ``(n,)`` outer fold of each image.

    Returns:
        ``(n,)`` int64 class indices. Their balanced accuracy is about 1 / classes.

    Raises:
        DataError: shapes that do not fit, or fewer than 2 folds.
    """
    true, fold_of = as_labels(labels), np.asarray(folds)
    if fold_of.shape != true.shape or np.unique(fold_of).size < 2:
        raise DataError(
            f"Expected one fold per image ({true.size}), and at least 2 folds. Received: shape {fold_of.shape}, "
            f"{np.unique(fold_of).size} folds.",
            hint="fix the folds first: Dataset.with_folds.",
        )
    predictions = np.empty_like(true)
    for fold in np.unique(fold_of):
        predictions[fold_of == fold] = np.bincount(true[fold_of != fold]).argmax()
    return predictions


def standardised_pixels(images: NDArray[Any]) -> Floats:
    """Grey images as rows with mean 0 and standard deviation 1 each: brightness and contrast say nothing any more.

    Args:
        images: ``(n, h, w)``, any real dtype.

    Returns:
        ``(n, h * w)`` float32; zeros for an image of one grey.

    Raises:
        DataError: another shape.
    """
    array = np.asarray(images)
    if array.ndim != 3 or array.dtype.kind not in "uif":
        raise DataError(
            f"Expected grey images of shape (n, height, width). Received: {array.shape}, dtype {array.dtype}.",
            hint=f"convert to grey and resize to {RAW_SIZE} x {RAW_SIZE} first.",
        )
    rows: Floats = array.reshape(array.shape[0], -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    deviation = rows.std(axis=1, keepdims=True)
    rows /= np.where(deviation > 1e-4, deviation, np.float32(np.inf))
    return rows


def raw_pixels(
    images: NDArray[Any], labels: ArrayLike, groups: Groups, folds: ArrayLike, *, seed: int = 0
) -> ProbeResult:
    """The probe on small grey images standardised each by itself.

    Args:
        images: ``(n, 24, 24)`` grey, uint8 or float; other sizes work, but are not comparable.
        labels, groups, folds, seed: as for ``probe``.

    Raises:
        DataError: shapes that do not fit.
    """
    return probe(standardised_pixels(images), labels, groups, folds, seed=seed)
