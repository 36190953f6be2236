"""LogME: the log evidence of a Bayesian linear model (You et al. 2021, 2102.11005)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.probes.rotation import as_features
from frostline.stats.metrics import as_labels

_STEPS = 100
_TOLERANCE = 1e-6
# Keeps the precisions finite where a class is fitted perfectly or the features say nothing at all.
_SMALLEST, _LARGEST = 1e-6, 1e6


def logme(features: NDArray[Any], labels: ArrayLike) -> float:
    """Mean over classes of the maximal log evidence per image of the class indicator, given the features.

    For each class, ``y ~ N(F w, 1 / beta)`` with ``w ~ N(0, 1 / alpha)``; alpha and beta by MacKay's fixed point
    (section 4.2 of the paper), on the eigenvectors of ``F F^T`` (``F^T F``), so that a step costs O(d).
    The features are not centred, as in the paper. Alpha and beta are kept within 1e-6..1e6.

    Args:
        features: ``(n, d)``.
        labels: ``(n,)`` class indices.

    Returns:
        Log evidence per image; higher is better, unbounded.

    Raises:
        DataError: shapes that do not fit, or features that are not finite.
    """
    true = as_labels(labels)
    matrix = as_features(features, true.size).astype(np.float64)
    n, d = matrix.shape
    if d <= n:
        eigenvalues, basis = np.linalg.eigh(matrix.T @ matrix)
        projected_on = matrix @ basis
    else:
        eigenvalues, projected_on = np.linalg.eigh(matrix @ matrix.T)
        projected_on = projected_on * np.sqrt(np.maximum(eigenvalues, 0.0))
    keep = eigenvalues > 1e-10 * max(float(eigenvalues.max()), 1e-30)
    sigma = eigenvalues[keep]
    # Columns of U sqrt(sigma); (U^T y)^2 follows by division.
    axes = projected_on[:, keep]
    evidences = []
    for c in np.unique(true):
        y = (true == c).astype(np.float64)
        z2 = (axes.T @ y) ** 2 / sigma
        evidences.append(_evidence(sigma, z2, max(0.0, float(y @ y - z2.sum())), n, d))
    return float(np.mean(evidences))


def _evidence(sigma: NDArray[np.float64], z2: NDArray[np.float64], outside: float, n: int, d: int) -> float:
    """Log evidence per image; ``z2`` are the squared coordinates of y on the axes, ``outside`` what they miss."""
    alpha, beta = 1.0, 1.0
    for _ in range(_STEPS):
        gamma = float(np.sum(beta * sigma / (alpha + beta * sigma)))
        norm2, residual2 = _moments(sigma, z2, outside, alpha, beta)
        new_alpha = float(np.clip(gamma / max(norm2, 1e-12), _SMALLEST, _LARGEST))
        new_beta = float(np.clip((n - gamma) / max(residual2, 1e-12), _SMALLEST, _LARGEST))
        done = abs(new_alpha / new_beta * beta / alpha - 1) < _TOLERANCE
        alpha, beta = new_alpha, new_beta
        if done:
            break
    norm2, residual2 = _moments(sigma, z2, outside, alpha, beta)
    log_determinant = float(np.sum(np.log(alpha + beta * sigma))) + (d - sigma.size) * np.log(alpha)
    evidence = (
        d * np.log(alpha)
        + n * np.log(beta)
        - n * np.log(2 * np.pi)
        - beta * residual2
        - alpha * norm2
        - log_determinant
    )
    return float(evidence / (2 * n))


def _moments(
    sigma: NDArray[np.float64], z2: NDArray[np.float64], outside: float, alpha: float, beta: float
) -> tuple[float, float]:
    """``|m|^2`` and ``|F m - y|^2`` of the posterior mean m."""
    shrunk = alpha + beta * sigma
    norm2 = float(np.sum(beta**2 * sigma * z2 / shrunk**2))
    return norm2, float(np.sum(z2 * (alpha / shrunk) ** 2)) + outside
