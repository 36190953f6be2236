"""NLEEP: LEEP with Gaussian mixture components as source classes (Li et al. 2021, "Ranking neural checkpoints")."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.probes.rotation import as_features
from frostline.stats.metrics import as_labels

_ENERGY = 0.8
_LARGEST_PCA = 64
_COMPONENTS_PER_CLASS = 5


def nleep(features: NDArray[Any], labels: ArrayLike) -> float:
    """Mean log likelihood of the labels when predicted from soft cluster membership.

    PCA that keeps 80 % of the variance; a Gaussian mixture with 5 components per class; then LEEP (Nguyen et al. 2020,
    2002.12462, equation 2) on the memberships. Other than in the paper: at most 64 axes and diagonal covariances, which
    in the principal basis lose little and keep the cost linear, and never more components than a quarter of the images.

    Args:
        features: ``(n, d)``.
        labels: ``(n,)`` class indices.

    Returns:
        0 or less; higher is better.

    Raises:
        DataError: shapes that do not fit, or features that are not finite.
    """
    true = as_labels(labels)
    matrix = as_features(features, true.size).astype(np.float64)
    # The mixture starts from randomly drawn rows: in an order that depends on the rows' values only, so does the score.
    order = np.lexsort((true, *matrix.T[:8][::-1]))
    matrix, true = matrix[order], true[order]
    return leep(_memberships(_principal(matrix), np.unique(true).size), true)


def leep(memberships: NDArray[np.float64], labels: ArrayLike) -> float:
    """LEEP: ``mean_i log sum_z P(y_i | z) p(z | x_i)`` with ``P(y | z)`` from the empirical joint distribution.

    Args:
        memberships: ``(n, z)`` probabilities of source classes or components; rows sum to 1.
        labels: ``(n,)`` class indices.

    Returns:
        0 or less; higher is better.

    Raises:
        DataError: shapes that do not fit.
    """
    true = as_labels(labels)
    shares = as_features(memberships, true.size).astype(np.float64)
    one_hot = np.zeros((true.size, int(true.max()) + 1))
    one_hot[np.arange(true.size), true] = 1.0
    joint = one_hot.T @ shares
    conditional = joint / np.maximum(joint.sum(axis=0), 1e-300)
    likelihood = np.sum(conditional[true] * shares, axis=1)
    return float(np.mean(np.log(np.maximum(likelihood, 1e-300))))


def _principal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates on the first principal axes, scaled so that the first has variance 1; ``(n, 0)`` when none varies."""
    centred = matrix - matrix.mean(axis=0)
    n, d = centred.shape
    if d <= n:
        variance, basis = np.linalg.eigh(centred.T @ centred / n)
        coordinates = centred @ basis
    else:
        variance, left = np.linalg.eigh(centred @ centred.T / n)
        coordinates = left * np.sqrt(np.maximum(variance, 0) * n)
    variance, coordinates = variance[::-1], coordinates[:, ::-1]
    if variance[0] <= 1e-14 * max(1.0, float(np.mean(matrix**2))):
        return np.empty((n, 0))
    share = np.cumsum(np.maximum(variance, 0)) / np.maximum(variance, 0).sum()
    axes = min(int(np.searchsorted(share, _ENERGY)) + 1, _LARGEST_PCA, coordinates.shape[1])
    coordinates = coordinates[:, :axes]
    # An axis' direction is arbitrary; the first largest value decides it, so that the mixture sees the same data.
    signs = np.sign(coordinates[np.abs(coordinates).argmax(axis=0), np.arange(axes)])
    scaled: NDArray[np.float64] = coordinates * signs / np.sqrt(variance[0])
    return scaled


def _memberships(coordinates: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    distinct = np.unique(coordinates, axis=0).shape[0] if coordinates.shape[1] else 1
    components = max(1, min(_COMPONENTS_PER_CLASS * n_classes, coordinates.shape[0] // 4, distinct))
    if components == 1:
        return np.ones((coordinates.shape[0], 1))
    mixture = GaussianMixture(components, covariance_type="diag", reg_covar=1e-4, max_iter=100, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        shares: NDArray[np.float64] = mixture.fit(coordinates).predict_proba(coordinates)
    return shares
