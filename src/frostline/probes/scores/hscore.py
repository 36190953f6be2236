"""H-score with a shrunk covariance (Bao et al. 2019; Ibrahim et al. 2021, 2110.06893)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.probes.rotation import as_features
from frostline.stats.metrics import as_labels


def hscore(features: NDArray[Any], labels: ArrayLike) -> float:
    """``(1 - s) tr(S^-1 B)``: between-class scatter B in units of the Ledoit-Wolf covariance S with shrinkage s.

    Args:
        features: ``(n, d)``.
        labels: ``(n,)`` class indices.

    Returns:
        0..classes - 1; higher is better. 0 where the features do not vary.

    Raises:
        DataError: shapes that do not fit, or features that are not finite.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage

    true = as_labels(labels)
    matrix = as_features(features, true.size).astype(np.float64)
    centred = matrix - matrix.mean(axis=0)
    n, d = centred.shape
    spread = float(np.mean(centred**2))
    if spread <= 1e-14 * max(1.0, float(np.mean(matrix**2))):
        return 0.0
    # As sums of squares of features of scale 1; the score does not depend on the scale.
    centred /= np.sqrt(spread)
    shrinkage = float(ledoit_wolf_shrinkage(centred, assume_centered=True))
    classes, compact, counts = np.unique(true, return_inverse=True, return_counts=True)
    one_hot = np.zeros((n, classes.size))
    one_hot[np.arange(n), compact] = 1.0
    means = one_hot.T @ centred / counts[:, None] * np.sqrt(counts / n)[:, None]
    # The trace of S^-1 B, with B = means^T means of rank below the number of classes.
    mu = float(np.mean(centred**2))
    if shrinkage >= 1.0:
        return 0.0
    covariance = (1 - shrinkage) * (centred.T @ centred) / n
    covariance[np.diag_indices(d)] += shrinkage * mu + 1e-10 * mu
    solved = np.linalg.solve(covariance, means.T)
    return float((1 - shrinkage) * np.sum(means.T * solved))
