from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.special import expit

from frostline.core.errors import DataError, UsageError
from frostline.stats import balanced_accuracy, estimate_balanced_accuracy, estimate_difference


def grouped_case(
    rng: np.random.Generator, classes: int, groups_per_class: int, size: int, accuracy: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups of one class each, whose chance of being right differs from group to group."""
    labels, groups, right = [], [], []
    for c in range(classes):
        for g in range(groups_per_class):
            m = int(rng.integers(1, 2 * size))
            right.append(rng.random(m) < rng.beta(accuracy * 3, (1 - accuracy) * 3))
            labels += [c] * m
            groups += [c * 1000 + g] * m
    y = np.array(labels)
    return y, np.where(np.concatenate(right), y, y + 1), np.array(groups)


@pytest.mark.parametrize(("classes", "groups_per_class"), [(2, 6), (8, 5), (3, 25)])
def test_coverage_with_grouped_data_and_what_ignoring_groups_costs(classes: int, groups_per_class: int) -> None:
    rng = np.random.default_rng(classes)
    grouped = ungrouped = 0
    repeats = 250
    for _ in range(repeats):
        labels, predictions, groups = grouped_case(rng, classes, groups_per_class, 5, 0.7)
        estimate = estimate_balanced_accuracy(labels, predictions, groups, draws=400)
        naive = estimate_balanced_accuracy(labels, predictions, np.arange(labels.size), draws=400)
        grouped += estimate.low <= 0.7 <= estimate.high
        ungrouped += naive.low <= 0.7 <= naive.high
    assert 0.90 <= grouped / repeats <= 0.98
    assert ungrouped / repeats < 0.88


def test_coverage_when_groups_hold_all_classes() -> None:
    rng = np.random.default_rng(0)
    truth = float(expit(rng.normal(0.8, 0.8, 400_000)).mean())
    shared = apart = 0
    repeats = 250
    for _ in range(repeats):
        labels, groups = np.tile(np.repeat(np.arange(8), 2), 20), np.repeat(np.arange(20), 16)
        right = rng.random(labels.size) < expit(rng.normal(0.8, 0.8, 20))[groups]
        predictions = np.where(right, labels, labels + 1)
        estimate = estimate_balanced_accuracy(labels, predictions, groups, draws=400)
        shared += estimate.low <= truth <= estimate.high
        per_class = estimate_balanced_accuracy(labels, predictions, labels * 100 + groups, draws=400)
        apart += per_class.low <= truth <= per_class.high
    assert 0.90 <= shared / repeats <= 0.98
    assert apart / repeats < 0.90


def test_coverage_of_the_paired_difference() -> None:
    rng = np.random.default_rng(5)
    hits, repeats = 0, 250
    for _ in range(repeats):
        groups = np.repeat(np.arange(24), 6)
        labels = groups % 4
        level = rng.beta(4, 2, 24)[groups]
        without = np.where(rng.random(labels.size) < level * 0.8, labels, labels + 1)
        fixed = np.where(rng.random(labels.size) < level, labels, labels + 1)
        estimate = estimate_difference(labels, fixed, without, groups, draws=400)
        hits += estimate.low <= 0.2 * 4 / 6 <= estimate.high
    assert 0.90 <= hits / repeats <= 0.98


def test_pairing_makes_the_interval_narrow_and_signs_swap() -> None:
    rng = np.random.default_rng(1)
    labels, before, groups = grouped_case(rng, 4, 20, 5, 0.6)
    after = before.copy()
    after[::15] = labels[::15]
    gain = estimate_difference(labels, after, before, groups)
    alone = estimate_balanced_accuracy(labels, before, groups)
    assert gain.high - gain.low < 0.5 * (alone.high - alone.low)
    assert gain.value == pytest.approx(balanced_accuracy(labels, after) - balanced_accuracy(labels, before))
    loss = estimate_difference(labels, before, after, groups)
    assert (loss.value, loss.low, loss.high) == pytest.approx((-gain.value, -gain.high, -gain.low))


def test_level_widens_seeds_average_and_the_result_repeats() -> None:
    rng = np.random.default_rng(2)
    labels, predictions, groups = grouped_case(rng, 3, 15, 4, 0.7)
    narrow = estimate_balanced_accuracy(labels, predictions, groups, level=0.9)
    wide = estimate_balanced_accuracy(labels, predictions, groups, level=0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high
    assert wide.level == 0.99
    assert narrow == estimate_balanced_accuracy(labels, predictions, [f"g{g:05d}" for g in groups], level=0.9)
    seeds = np.stack([predictions, labels])
    assert estimate_balanced_accuracy(labels, seeds, groups).value == pytest.approx((narrow.value + 1) / 2)


def test_pooling_of_equal_units_changes_nothing_but_the_noise() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 12_000)
    groups = np.where(np.arange(12_000) < 600, np.arange(12_000) // 3, np.arange(12_000))
    predictions = np.where(rng.random(12_000) < 0.6, labels, 3)
    estimate = estimate_balanced_accuracy(labels, predictions, groups, draws=4000)
    half_width = 1.96 * np.sqrt(0.6 * 0.4 / 12_000)
    assert estimate.value - estimate.low == pytest.approx(half_width, rel=0.1)
    assert estimate.high - estimate.value == pytest.approx(half_width, rel=0.1)


def test_a_class_with_one_group_still_varies_and_certainty_is_bounded() -> None:
    labels, groups = np.repeat([0, 1], 20), np.repeat([0, 1, 2], [20, 10, 10])
    predictions = labels.copy()
    predictions[:8] = 1
    estimate = estimate_balanced_accuracy(labels, predictions, groups)
    assert estimate.low < 0.75 < estimate.high
    certain = estimate_balanced_accuracy(labels, labels, groups)
    # Nothing varies: the rule of three over what is resampled (20 images of one group, 2 groups), not a point.
    assert (certain.value, certain.high) == (1.0, 1.0)
    assert certain.low == pytest.approx(1.0 + np.log(0.05) / 22)


def test_fast_enough() -> None:
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(0, 24, 5000), rng.integers(0, 1000, 5000)
    predictions = np.where(rng.random(5000) < 0.5, labels, 0)
    estimate_balanced_accuracy(labels, predictions, groups, draws=100)
    start = time.perf_counter()
    estimate_balanced_accuracy(labels, predictions, groups, draws=2000)
    # 0.05 s alone; the bound leaves room for a machine busy with other tests.
    assert time.perf_counter() - start < 1.5


def test_errors() -> None:
    with pytest.raises(UsageError, match=r"level=1\.5"):
        estimate_balanced_accuracy([0, 1], [0, 1], ["a", "b"], level=1.5)
    with pytest.raises(DataError, match="one group per image"):
        estimate_difference([0, 1], [0, 1], [0, 1], ["a"])
