"""What every transferability score must do. Run over each registered score, other packages' included."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.probes.scores import Score


def planted(separation: float, *, seed: int = 0, n: int = 240, d: int = 12) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Four Gaussian classes whose means are ``separation`` deviations from the origin: ``(n, d)`` and ``(n,)``."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 4
    means = np.linalg.qr(rng.normal(size=(d, 4)))[0].T * separation
    features = rng.normal(size=(n, d)) + means[labels]
    return features.astype(np.float32), labels.astype(np.int64)


def check_higher_when_classes_separate(score: Score) -> None:
    """Classes further apart score higher, and true labels higher than shuffled ones."""
    values = [score(*planted(separation)) for separation in (0.0, 1.5, 3.0, 6.0)]
    assert all(low < high for low, high in itertools.pairwise(values)), f"not rising: {values}"
    features, labels = planted(3.0)
    shuffled = score(features, np.random.default_rng(1).permutation(labels))
    assert shuffled < values[2], f"{shuffled} with shuffled labels, {values[2]} with true ones"


def check_order_of_rows_does_not_matter(score: Score) -> None:
    """The same images in another order score the same; the same call twice too."""
    features, labels = planted(1.5)
    order = np.random.default_rng(2).permutation(labels.size)
    first, second = score(features, labels), score(features[order], labels[order])
    assert math.isclose(first, second, rel_tol=1e-4, abs_tol=1e-4), f"{first} and {second}"
    assert score(features, labels) == first, "not deterministic"


def check_finite_on_degenerate_input(score: Score) -> None:
    """A finite number for features that are constant, doubled, few, or fit perfectly, and for a single class."""
    features, labels = planted(3.0)
    one_hot = np.eye(4, dtype=np.float32)[labels]
    cases = {
        "constant features": (np.ones_like(features), labels),
        "zero features": (np.zeros_like(features), labels),
        "a dead column": (np.concatenate([features, np.zeros((labels.size, 1), np.float32)], 1), labels),
        "doubled columns": (np.concatenate([features, features], 1), labels),
        "more columns than rows": (planted(3.0, n=20, d=60)),
        "one column": (features[:, :1], labels),
        "perfect features": (one_hot, labels),
        "one class": (features, np.zeros_like(labels)),
        "a class of one image": (features, np.where(np.arange(labels.size) == 0, 4, labels)),
        "large values": (features * np.float32(1e6), labels),
    }
    for name, (matrix, classes) in cases.items():
        value = score(matrix, classes)
        assert isinstance(value, float) and math.isfinite(value), f"{name}: {value!r}"


CHECKS = (check_higher_when_classes_separate, check_order_of_rows_does_not_matter, check_finite_on_degenerate_input)
