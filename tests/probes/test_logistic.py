from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from frostline.probes.logistic import class_weights, fit_path
from frostline.probes.rotation import Rotation


def correlated(n: int, d: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated, skewed features on very different scales, and unbalanced classes that overlap."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, max(4, d // 3)))
    x = np.maximum(hidden @ rng.normal(size=(hidden.shape[1], d)) + rng.normal(size=(n, d)) * 0.5, -1)
    y = np.argmax(hidden[:, : min(k, 4)] @ rng.normal(size=(min(k, 4), k)) + rng.gumbel(size=(n, k)), axis=1)
    return (x * np.exp(rng.normal(size=d) * 2)).astype(np.float32), y.astype(np.int64)


@pytest.mark.parametrize(("n", "d", "k"), [(500, 40, 6), (400, 30, 2), (120, 300, 4)])
@pytest.mark.parametrize("balanced", [True, False])
def test_the_optimum_is_scikit_learns(n: int, d: int, k: int, balanced: bool) -> None:
    x, y = correlated(n + 200, d, k)
    _, y = np.unique(y, return_inverse=True)
    x, new, y = x[:n], x[n:], y[:n]
    assert np.unique(y).size == k
    rotation = Rotation.fit(x)
    standardise = lambda a: ((a - x.mean(0)) / x.std(0)).astype(np.float64)  # noqa: E731
    strengths = (1.0, 0.1, 0.01)
    fits = fit_path(rotation.apply(x), y, k, strengths, variance=rotation.variance, balanced=balanced, tolerance=1e-5)
    for fit in fits:
        # With two classes scikit-learn fits one row of weights, whose penalty is half that of a row per class.
        c = 1 / (n * fit.strength) * (2.0 if np.unique(y).size == 2 else 1.0)
        reference = LogisticRegression(C=c, max_iter=20_000, tol=1e-9, class_weight="balanced" if balanced else None)
        reference.fit(standardise(x), y)
        for matrix in (x, new):
            expected = reference.predict_proba(standardise(matrix))
            assert np.abs(fit.probabilities(rotation.apply(matrix)) - expected).max() < 1e-3


def test_the_rotation_changes_nothing_but_the_number_of_steps() -> None:
    x, y = correlated(400, 60, 5)
    rotation = Rotation.fit(x)
    plain = Rotation(rotation.mean, rotation.scale, None, np.ones(60, np.float32))
    (with_it,) = fit_path(rotation.apply(x), y, 5, (0.01,), variance=rotation.variance, tolerance=1e-5)
    (without,) = fit_path(plain.apply(x), y, 5, (0.01,), tolerance=1e-5)
    assert np.abs(with_it.probabilities(rotation.apply(x)) - without.probabilities(plain.apply(x))).max() < 1e-3
    assert with_it.steps < without.steps


def test_fewer_images_than_features_drop_axes_exactly() -> None:
    x, _ = correlated(50, 200, 3)
    rotation = Rotation.fit(x)
    assert rotation.basis is not None and rotation.basis.shape[1] <= 50
    z = (x - rotation.mean) * rotation.scale
    assert np.allclose(rotation.apply(x) @ rotation.apply(x).T, z @ z.T, atol=0.05)


def test_dead_and_constant_features_do_no_harm() -> None:
    x, y = correlated(300, 20, 3)
    dead = np.concatenate([x, np.zeros((300, 2), np.float32), np.full((300, 1), 1e4, np.float32)], axis=1)
    rotation = Rotation.fit(dead)
    assert (rotation.scale[-3:] == 0).all() and (rotation.scale[:-3] > 0).all()
    (fit,) = fit_path(rotation.apply(dead), y, 3, (0.1,), variance=rotation.variance)
    assert np.isfinite(fit.weights).all()


def test_absent_classes_get_probability_zero() -> None:
    x, y = correlated(200, 10, 3)
    (fit,) = fit_path(Rotation.fit(x).apply(x), y * 2, 6, (0.1,))
    assert fit.probabilities(Rotation.fit(x).apply(x))[:, [1, 3, 5]].max() == 0
    assert set(fit.predict(Rotation.fit(x).apply(x))) <= {0, 2, 4}


def test_class_weights_are_equal_per_class() -> None:
    weights = class_weights(np.array([0, 0, 0, 2]))
    assert weights.sum() == pytest.approx(1)
    assert weights[3] == pytest.approx(0.5)


def test_many_times_faster_than_scikit_learn() -> None:
    x, y = correlated(1000, 200, 12)
    strengths = (1.0, 0.1, 0.01)
    rotation = Rotation.fit(x)
    list(fit_path(rotation.apply(x)[:50], y[:50], 12, (1.0,)))
    start = time.process_time()
    rotation = Rotation.fit(x)
    list(fit_path(rotation.apply(x), y, 12, strengths, variance=rotation.variance))
    ours = time.process_time() - start
    start = time.process_time()
    for strength in strengths:
        LogisticRegression(C=1 / (1000 * strength), max_iter=1000, class_weight="balanced").fit(
            (x - rotation.mean) * rotation.scale, y
        )
    assert ours < (time.process_time() - start) / 2
