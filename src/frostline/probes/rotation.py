"""Standardised features in the basis of their own principal axes: the same model, found in far fewer steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import DataError

Floats = NDArray[np.float32]

# A feature whose spread is below this share of the typical one is dead (a ReLU that never fires): it is set to 0.
_DEAD = 1e-6
# Above this size the eigenvectors cost more than they save.
_LARGEST_EIGENPROBLEM = 2500


def as_features(features: NDArray[np.floating] | NDArray[np.integer], n: int) -> Floats:
    """``features`` as float32 ``(n, d)``.

    Raises:
        DataError: another shape, no column, or values that are not finite.
    """
    array = np.ascontiguousarray(features, np.float32)
    if array.ndim != 2 or array.shape[0] != n or array.shape[1] == 0:
        raise DataError(
            f"Expected features of shape ({n}, d). Received: {array.shape}.",
            hint="pass one row per label; pool feature maps to vectors first.",
        )
    # The sum is finite exactly when all values are, short of an overflow, which is no better.
    if not np.isfinite(array.sum(dtype=np.float64)):
        bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
        raise DataError(
            f"Expected finite features. Received: NaN or infinity in {bad.size} of {n} rows, the first is row "
            f"{int(bad[0]) if bad.size else 0}.",
            hint="the weights or the input scaling are broken; run the checks of the backbone.",
        )
    return array


@dataclass(frozen=True)
class Rotation:
    """Standardise, then rotate. A rotation leaves the penalty ``|W|^2`` and therefore the fitted model unchanged.

    In the rotated basis the second moments are diagonal, so that the solver knows the curvature of every axis
    (``logistic``), and with fewer images than features the axes without any spread drop out, exactly.

    Attributes:
        mean, scale: ``(d,)`` of the images it was fitted to; ``scale`` is 1 / standard deviation, 0 for dead features.
        basis: ``(d, r)`` orthonormal columns; None stands for the identity.
        variance: ``(r,)`` mean square along each axis of the standardised features.
    """

    mean: Floats
    scale: Floats
    basis: Floats | None
    variance: Floats

    @classmethod
    def fit(cls, features: Floats) -> Rotation:
        """From the training part ``(n, d)``, float32."""
        mean, scale = standardisation(features)
        standardised = (features - mean) * scale
        n, d = standardised.shape
        if min(n, d) > _LARGEST_EIGENPROBLEM:
            return cls(mean, scale, None, np.mean(standardised**2, axis=0))
        if d <= n:
            variance, basis = np.linalg.eigh(standardised.T @ standardised / n)
            keep = variance > 1e-7 * max(float(variance[-1]), 1e-30)
            basis = basis[:, keep]
        else:
            variance, left = np.linalg.eigh(standardised @ standardised.T / n)
            keep = variance > 1e-6 * max(float(variance[-1]), 1e-30)
            basis = standardised.T @ (left[:, keep] / np.sqrt(n * variance[keep]))
        return cls(mean, scale, np.ascontiguousarray(basis, np.float32), variance[keep].astype(np.float32))

    def apply(self, features: Floats) -> Floats:
        """``(m, d)`` to ``(m, r)``."""
        standardised: Floats = (features - self.mean) * self.scale
        if self.basis is None:
            return standardised
        rotated: Floats = standardised @ self.basis
        return rotated


def standardisation(features: Floats) -> tuple[Floats, Floats]:
    """Mean and 1 / standard deviation per column ``(d,)``; 0 for columns that do not vary."""
    mean = features.mean(axis=0, dtype=np.float64)
    deviation = features.std(axis=0, dtype=np.float64)
    alive = deviation > _DEAD * max(float(np.median(deviation)), float(np.abs(mean).max()) * 1e-1, 1e-30)
    scale = np.where(alive, 1.0 / np.where(alive, deviation, 1.0), 0.0)
    return mean.astype(np.float32), scale.astype(np.float32)
