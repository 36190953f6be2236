"""Multinomial logistic regression with an L2 penalty, for a path of strengths, in float32.

Minimised, for standardised features z, labels y and image weights w that sum to 1 (each class the same in total):

    sum_i w_i * -log softmax(z_i W + b)[y_i]  +  strength / 2 * |W|^2          (b is not penalised)

which is scikit-learn's ``LogisticRegression(C=1 / (n * strength), class_weight="balanced")``. ``strength`` times the
number of images is the usual lambda; as written here it means the same for every number of images.

Solver: L-BFGS (Nocedal & Wright, algorithm 7.4) whose first Hessian is Boehning's (1992) curvature ``p (1 - p) z z^T``
in the principal basis of the features, where it is diagonal. Along a path from strong to weak every fit starts at the
one before. Large matrix products in float32, sums in float64.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MEMORY = 12
_SUFFICIENT = 1e-4


@dataclass(frozen=True)
class LogisticFit:
    """One fitted model, in the space of the features it was fitted to.

    Attributes:
        strength: of the penalty.
        weights: ``(d, k)`` float32.
        bias: ``(k,)`` float32; minus infinity for classes that the training images lack.
        steps: L-BFGS steps taken.
    """

    strength: float
    weights: Floats
    bias: Floats
    steps: int

    def logits(self, features: Floats) -> Floats:
        """``(m, d)`` to ``(m, k)``."""
        logits: Floats = features @ self.weights + self.bias
        return logits

    def probabilities(self, features: Floats) -> Floats:
        """``(m, d)`` to ``(m, k)``, rows sum to 1."""
        return softmax(self.logits(features))

    def predict(self, features: Floats) -> NDArray[np.int64]:
        """``(m, d)`` to ``(m,)`` class indices."""
        classes: NDArray[np.int64] = np.argmax(self.logits(features), axis=1).astype(np.int64)
        return classes


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    shifted: Floats = logits - logits.max(axis=-1, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=-1, keepdims=True)
    return shifted


def class_weights(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """``(n,)`` weights that sum to 1, with the same sum for every class present."""
    counts = np.bincount(labels)
    present = np.count_nonzero(counts)
    weights: NDArray[np.float32] = (1.0 / (present * counts[labels])).astype(np.float32)
    return weights


def fit_path(
    features: Floats,
    labels: NDArray[np.int64],
    n_classes: int,
    strengths: Sequence[float],
    *,
    variance: Floats | None = None,
    balanced: bool = True,
    tolerance: float = 1e-3,
    max_steps: int = 300,
) -> Iterator[LogisticFit]:
    """Fit one model per strength, in the order given; strong to weak is fastest.

    Args:
        features: ``(n, d)`` float32, standardised; best in the basis of ``Rotation``.
        labels: ``(n,)`` class indices below ``n_classes``. Classes that do not occur get probability 0.
        n_classes: columns of the model.
        strengths: of the penalty, more than 0.
        variance: ``(d,)`` mean square of each feature; measured when not given. Only the speed depends on it.
        balanced: give every class the same total weight. On by default because balanced accuracy is what is measured.
        tolerance: stop when the gradient, in the norm of the assumed inverse Hessian, is below this share of what it
            was at W = 0. 1e-3 chooses strengths and classes as the optimum does; 1e-5 gives its probabilities to 1e-3.
        max_steps: of L-BFGS per strength.

    Yields:
        A ``LogisticFit`` per strength.
    """
    present, compact = np.unique(labels, return_inverse=True)
    n, d = features.shape
    k = present.size
    image_weights = class_weights(compact) if balanced else np.full(n, 1.0 / n, np.float32)
    objective = _Objective(features, compact, k, image_weights)
    spread = np.mean(features**2, axis=0) if variance is None else variance
    parameters = np.zeros((d + 1, k), np.float32)
    scale_at_zero: float | None = None
    for strength in strengths:
        inverse_hessian = np.empty((d + 1, 1), np.float32)
        inverse_hessian[:d, 0] = 1.0 / (spread * (1 - 1 / k) / k + strength)
        inverse_hessian[d, 0] = k / max(1 - 1 / k, 0.5)
        if scale_at_zero is None:
            scale_at_zero = _norm(objective(np.zeros_like(parameters), strength)[1], inverse_hessian)
        # Against the first, strongest strength, so that weak ones are not solved more finely than they need.
        parameters, steps = _lbfgs(
            objective, parameters, strength, inverse_hessian, tolerance * max(scale_at_zero, 1e-12), max_steps
        )
        weights = np.zeros((d, n_classes), np.float32)
        bias = np.full(n_classes, -np.inf, np.float32)
        weights[:, present] = parameters[:d]
        bias[present] = parameters[d]
        yield LogisticFit(float(strength), weights, bias, steps)


class _Objective:
    """Value and gradient at ``(d + 1, k)`` parameters, the last row being the bias."""

    def __init__(self, features: Floats, labels: NDArray[np.int64], k: int, image_weights: Floats) -> None:
        self._features = features
        self._rows = np.arange(labels.size)
        self._labels = labels
        self._weights = image_weights
        self._k = k

    def __call__(self, parameters: Floats, strength: float) -> tuple[float, Floats]:
        weights, bias = parameters[:-1], parameters[-1]
        logits = self._features @ weights
        logits += bias
        logits -= logits.max(axis=1, keepdims=True)
        own = logits[self._rows, self._labels]
        np.exp(logits, out=logits)
        totals = logits.sum(axis=1)
        loss = float(np.dot(self._weights.astype(np.float64), np.log(totals).astype(np.float64) - own))
        logits *= (self._weights / totals)[:, None]
        logits[self._rows, self._labels] -= self._weights
        gradient = np.empty_like(parameters)
        np.matmul(self._features.T, logits, out=gradient[:-1])
        gradient[:-1] += np.float32(strength) * weights
        gradient[-1] = logits.sum(axis=0, dtype=np.float64)
        return loss + 0.5 * strength * _dot(weights, weights), gradient


def _dot(a: Floats, b: Floats) -> float:
    return float(np.vdot(a, b))


def _norm(gradient: Floats, inverse_hessian: Floats) -> float:
    return float(np.sqrt(np.sum(gradient * gradient * inverse_hessian, dtype=np.float64)))


def _lbfgs(
    objective: _Objective,
    start: Floats,
    strength: float,
    inverse_hessian: Floats,
    tolerance: float,
    max_steps: int,
) -> tuple[Floats, int]:
    point = start
    value, gradient = objective(point, strength)
    history: list[tuple[Floats, Floats, float]] = []
    factor = 1.0
    for step in range(max_steps):
        if _norm(gradient, inverse_hessian) <= tolerance:
            return point, step
        direction = _two_loops(gradient, history, inverse_hessian, factor)
        slope = -_dot(gradient, direction)
        length, accepted = 1.0, False
        for _ in range(12):
            candidate = point - np.float32(length) * direction
            new_value, new_gradient = objective(candidate, strength)
            # The slack is the rounding of float32 sums near the optimum.
            if new_value <= value + _SUFFICIENT * length * slope + 1e-7 * abs(value):
                accepted = True
                break
            # Minimum of the parabola through the two values and the slope, kept within a tenth and a half.
            bend = 2 * (new_value - value - length * slope)
            length *= min(0.5, max(0.1, -slope * length / bend)) if bend > 0 else 0.5
        if not accepted:
            if not history:
                return point, step
            history.clear()
            continue
        moved, turned = candidate - point, new_gradient - gradient
        curvature = _dot(moved, turned)
        if curvature > 1e-12:
            history.append((moved, turned, curvature))
            del history[:-_MEMORY]
            factor = curvature / float(np.sum(turned * turned * inverse_hessian, dtype=np.float64))
        point, value, gradient = candidate, new_value, new_gradient
    return point, max_steps


def _two_loops(
    gradient: Floats, history: list[tuple[Floats, Floats, float]], inverse_hessian: Floats, factor: float
) -> Floats:
    direction = gradient.copy()
    shares = []
    for moved, turned, curvature in reversed(history):
        share = np.float32(_dot(moved, direction) / curvature)
        direction -= share * turned
        shares.append(share)
    direction *= np.float32(factor) * inverse_hessian
    for (moved, turned, curvature), share in zip(history, reversed(shares), strict=True):
        direction += (share - np.float32(_dot(turned, direction) / curvature)) * moved
    return direction
