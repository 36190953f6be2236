from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frostline.core.errors import DataError
from frostline.stats import feasible_folds, grouped_stratified_folds, inner_folds


def imbalance(labels: np.ndarray, folds: np.ndarray, k: int) -> float:
    counts = np.stack([np.bincount(labels[folds == f], minlength=labels.max() + 1) for f in range(k)])
    return float((counts / np.bincount(labels)).std(axis=0).mean())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 6), st.integers(5, 40))
def test_groups_stay_whole_and_no_class_is_lost(seed: int, k: int, classes: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, n_groups, 150)
    labels = rng.integers(0, classes, 150)
    # A rare class with two groups, each of them shared with other classes: the hard case for the greedy step.
    labels[groups == 0] = 0
    labels[np.flatnonzero(groups == 1)[:1]] = classes
    labels[np.flatnonzero(groups == 2)[:1]] = classes
    _, labels = np.unique(labels, return_inverse=True)
    try:
        folds = grouped_stratified_folds(labels, groups, k, seed=seed)
    except DataError:
        assert feasible_folds(labels, groups, k) < 2 or np.unique(groups).size < k
        return
    assert folds.shape == labels.shape and folds.dtype == np.int64
    for group in np.unique(groups):
        assert np.unique(folds[groups == group]).size == 1
    for fold in range(k):
        assert set(labels[folds != fold]) == set(labels)


def test_as_balanced_as_scikit_learn() -> None:
    from sklearn.model_selection import StratifiedGroupKFold

    rng = np.random.default_rng(3)
    ours, theirs = [], []
    for seed in range(8):
        groups = rng.choice(120, 1500, p=rng.dirichlet(np.ones(120) * 0.7))
        labels = rng.choice(8, 1500, p=rng.dirichlet(np.ones(8) * 3))
        ours.append(imbalance(labels, grouped_stratified_folds(labels, groups, 5, seed=seed), 5))
        reference = np.zeros(1500, np.int64)
        splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for fold, (_, test) in enumerate(splitter.split(labels, labels, groups)):
            reference[test] = fold
        theirs.append(imbalance(labels, reference, 5))
    assert np.mean(ours) <= np.mean(theirs) * 1.05


def test_deterministic_and_seeded() -> None:
    labels = np.arange(200) % 4
    groups = [f"author{i % 40}" for i in range(200)]
    first = grouped_stratified_folds(labels, groups, 5, seed=1)
    assert np.array_equal(first, grouped_stratified_folds(labels, groups, 5, seed=1))
    assert not np.array_equal(first, grouped_stratified_folds(labels, groups, 5, seed=2))


def test_equal_groups_are_dealt_exactly() -> None:
    labels, groups = np.repeat(np.arange(4), 50), np.repeat(np.arange(40), 5)
    folds = grouped_stratified_folds(labels, groups, 5, seed=0)
    assert imbalance(labels, folds, 5) == pytest.approx(0)


def test_fast_with_many_groups() -> None:
    rng = np.random.default_rng(0)
    groups, labels = rng.integers(0, 50_000, 100_000), rng.integers(0, 20, 100_000)
    start = time.perf_counter()
    folds = grouped_stratified_folds(labels, groups, 5, seed=0)
    assert time.perf_counter() - start < 10
    assert np.ptp(np.bincount(folds)) < 100


def test_errors_say_which_classes_and_what_to_do() -> None:
    with pytest.raises(DataError, match=r"index \[1\][\s\S]*What to do"):
        grouped_stratified_folds([0, 0, 1, 1], ["a", "b", "c", "c"], 2, seed=0)
    with pytest.raises(DataError, match="Received: 2 groups"):
        grouped_stratified_folds([0, 0], ["a", "b"], 3, seed=0)
    with pytest.raises(DataError, match="one group per image"):
        grouped_stratified_folds([0, 0], ["a"], 2, seed=0)
    with pytest.raises(DataError, match="at least 2 folds"):
        grouped_stratified_folds([0, 0], ["a", "b"], 1, seed=0)
    with pytest.raises(DataError, match="integers"):
        grouped_stratified_folds(np.array([0.5, 1.0]), ["a", "b"], 2, seed=0)


def test_feasible_folds_is_the_rarest_class() -> None:
    labels, groups = [0, 0, 0, 1, 1, 1, 1], ["a", "b", "c", "d", "e", "e", "e"]
    assert feasible_folds(labels, groups, 5) == 2
    assert feasible_folds([0, 0, 0], ["a", "b", "c"], 2) == 2


def test_inner_folds_leave_the_outer_fold_out() -> None:
    rng = np.random.default_rng(0)
    labels, groups = np.repeat(np.arange(3), 40), np.repeat(np.arange(30), 4)
    folds = grouped_stratified_folds(labels, groups, 5, seed=0)
    inner = inner_folds(labels, groups, folds, 2, 3, seed=int(rng.integers(9)))
    assert np.array_equal(inner == -1, folds == 2)
    assert set(inner[folds != 2]) == {0, 1, 2}
    for group in np.unique(groups):
        assert np.unique(inner[groups == group]).size == 1


def test_inner_folds_with_few_groups_lower_k() -> None:
    labels, groups = np.array([0, 0, 1, 1, 0, 1]), np.array([0, 1, 2, 3, 4, 5])
    folds = np.array([0, 0, 0, 0, 1, 1])
    assert set(inner_folds(labels, groups, folds, 1, 3, seed=0)) == {-1, 0, 1}
    with pytest.raises(DataError, match="outside fold 0"):
        inner_folds([0, 1, 0], ["a", "b", "c"], [0, 0, 1], 0, 2, seed=0)
