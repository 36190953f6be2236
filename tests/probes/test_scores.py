from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from frostline.core.errors import UnknownNameError
from frostline.probes.scores import Score, hscore, logme, nleep, scores
from frostline.probes.scores.nleep import leep
from frostline.testing.scores import CHECKS, planted


@pytest.mark.parametrize("name", scores.names())
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_conformance(name: str, check: Callable[[Score], None]) -> None:
    check(scores.get(name))


def test_the_suite_finds_bad_scores() -> None:
    bad: list[Score] = [
        lambda x, y: -logme(x, y),
        lambda x, y: logme(x, y) + float(x[0, 0]),
        lambda x, y: float("nan") if x.std() == 0 else 0.0,
    ]
    for score, check in zip(bad, CHECKS, strict=True):
        with pytest.raises(AssertionError):
            check(score)


@pytest.mark.parametrize(("n", "d"), [(60, 8), (30, 50)])
def test_logme_is_the_maximal_evidence(n: int, d: int) -> None:
    features, labels = planted(2.0, n=n, d=d)
    x = features.astype(np.float64)

    def negative_evidence(logs: np.ndarray, y: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        covariance = np.eye(n) / beta + x @ x.T / alpha
        return -float(multivariate_normal(np.zeros(n), covariance).logpdf(y)) / n

    expected = []
    for c in range(4):
        y = (labels == c).astype(np.float64)
        starts = [np.zeros(2), np.array([3.0, 3.0]), np.array([-2.0, 2.0])]
        expected.append(max(-minimize(negative_evidence, s, (y,), method="Nelder-Mead").fun for s in starts))
    assert logme(features, labels) == pytest.approx(np.mean(expected), abs=2e-3)


def test_hscore_by_definition() -> None:
    from sklearn.covariance import LedoitWolf

    features, labels = planted(1.0, n=200, d=10)
    x = features.astype(np.float64)
    fitted = LedoitWolf().fit(x)
    means = np.stack([x[labels == c].mean(axis=0) for c in labels])
    between = np.cov(means.T, bias=True)
    expected = (1 - fitted.shrinkage_) * np.trace(np.linalg.inv(fitted.covariance_) @ between)
    assert hscore(features, labels) == pytest.approx(expected, rel=1e-5)


def test_leep_worked_example() -> None:
    # Two clusters: P(y=0|z=0) = 1.5/2, P(y=0|z=1) = .5/2.
    memberships = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5]])
    labels = np.array([0, 0, 1, 1])
    expected = np.mean(np.log([0.75, 0.5, 0.75, 0.5]))
    assert leep(memberships, labels) == pytest.approx(expected)
    assert leep(np.ones((4, 1)), labels) == pytest.approx(np.log(0.5))


def test_nleep_of_perfect_clusters_is_zero() -> None:
    features, labels = planted(40.0)
    assert nleep(features, labels) == pytest.approx(0, abs=1e-6)


def test_unknown_score_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'logme'"):
        scores.get("logmee")
