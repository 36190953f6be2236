from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from frostline.core.errors import DataError
from frostline.probes import learning_curve, probe
from frostline.probes.learning_curve import _gain, nested_positions
from frostline.stats import balanced_accuracy


def test_rises_where_images_help_and_ends_at_the_probe(plant: Any) -> None:
    case = plant(n=900, d=60, separation=1.0)
    result = probe(case.features, case.labels, case.groups, case.folds)
    curve = learning_curve(case.features, case.labels, case.groups, case.folds, result.strengths)
    assert (np.diff(curve.images) > 0).all() and curve.images[-1] == pytest.approx(675, abs=1)
    assert curve.balanced_accuracy[-1] > curve.balanced_accuracy[0] + 0.1
    assert curve.balanced_accuracy[-1] == pytest.approx(balanced_accuracy(case.labels, result.predictions), abs=0.01)
    gain = curve.gain_of_doubling
    assert 0 < gain.low < gain.value < gain.high < 0.3


def test_flat_where_images_do_not_help(plant: Any) -> None:
    noise = plant(separation=0.0)
    curve = learning_curve(noise.features, noise.labels, noise.groups, noise.folds, np.full(4, 1.0))
    assert curve.gain_of_doubling.low <= 0.01
    assert curve.gain_of_doubling.value < 0.08


def test_power_law_is_recovered() -> None:
    images = np.array([100.0, 200.0, 400.0])
    accuracy = 1 - 2.0 * images**-0.4
    assert _gain(images, accuracy[:, None])[0] == pytest.approx(2 * 400**-0.4 - 2 * 800**-0.4)


def test_parts_are_nested_hold_whole_groups_and_every_class(planted: Any) -> None:
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(600) < 0.3, rng.integers(0, 5, 600), planted.labels)
    position = nested_positions(labels, planted.groups, seed=1)
    for group in np.unique(planted.groups):
        assert np.unique(position[planted.groups == group]).size == 1
    assert set(labels[position <= 0.01]) == set(labels)
    assert np.mean(position <= 0.5) == pytest.approx(0.5, abs=0.1)
    assert (position <= 1).all()
    assert not np.array_equal(position, nested_positions(labels, planted.groups, seed=2))


def test_errors(planted: Any) -> None:
    with pytest.raises(DataError, match="a strength for each of 4 folds"):
        learning_curve(planted.features, planted.labels, planted.groups, planted.folds, np.ones(3))
