from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from frostline.stats import grouped_stratified_folds


@dataclass(frozen=True)
class Planted:
    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    folds: np.ndarray


def make(*, n: int = 600, d: int = 30, classes: int = 5, separation: float = 2.0, seed: int = 0) -> Planted:
    """Gaussian classes with a spread between groups, so that leaking groups would pay."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // 6
    labels = (groups % classes).astype(np.int64)
    means = rng.normal(size=(classes, d)) * separation / np.sqrt(d) * 2
    style = rng.normal(size=(groups.max() + 1, d)) * 0.7
    features = means[labels] + style[groups] + rng.normal(size=(n, d))
    folds = grouped_stratified_folds(labels, groups, 4, seed=seed)
    return Planted(features.astype(np.float32), labels, groups, folds)


@pytest.fixture(scope="session")
def planted() -> Planted:
    return make()


@pytest.fixture(scope="session")
def plant() -> Callable[..., Planted]:
    return make
