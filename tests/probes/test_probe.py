from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from frostline.core.errors import DataError
from frostline.probes import choose_by_inner, fit_linear, nearest_neighbours, probe
from frostline.stats import balanced_accuracy


def test_finds_planted_classes_and_nothing_in_noise(planted: Any, plant: Any) -> None:
    result = probe(planted.features, planted.labels, planted.groups, planted.folds)
    accuracy = balanced_accuracy(planted.labels, result.predictions)
    assert accuracy > 0.75
    assert result.train_balanced_accuracy > accuracy
    assert result.inner_scores == pytest.approx(accuracy, abs=0.12)
    assert np.allclose(result.probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(result.probabilities.argmax(axis=1), result.predictions)
    noise = plant(separation=0.0)
    chance = probe(noise.features, noise.labels, noise.groups, noise.folds)
    # Grouped folds: the groups' own style must not help.
    assert balanced_accuracy(noise.labels, chance.predictions) < 0.3


def test_ungrouped_folds_would_leak(planted: Any, plant: Any) -> None:
    noise = plant(separation=0.0)
    alone = np.arange(noise.labels.size)
    leaky = nearest_neighbours(noise.features, noise.labels, alone, alone % 4)
    grouped = nearest_neighbours(noise.features, noise.labels, noise.groups, noise.folds)
    assert balanced_accuracy(noise.labels, leaky.predictions) > 0.1 + balanced_accuracy(
        noise.labels, grouped.predictions
    )


def test_the_outer_fold_is_never_looked_at(planted: Any) -> None:
    first = probe(planted.features, planted.labels, planted.groups, planted.folds)
    spoilt = planted.features.copy()
    spoilt[planted.folds == 0] *= -100
    labels = planted.labels.copy()
    labels[planted.folds == 0] = (labels[planted.folds == 0] + 1) % 5
    second = probe(spoilt, labels, planted.groups, planted.folds)
    assert first.strengths[0] == second.strengths[0]
    assert first.inner_scores[0] == second.inner_scores[0]


def test_deterministic(planted: Any) -> None:
    a = probe(planted.features, planted.labels, planted.groups, planted.folds, seed=3)
    b = probe(planted.features, planted.labels, planted.groups, planted.folds, seed=3)
    assert np.array_equal(a.probabilities, b.probabilities) and np.array_equal(a.strengths, b.strengths)


def test_the_scale_of_the_features_does_not_matter(planted: Any) -> None:
    scaled = planted.features * np.exp(np.linspace(-6, 6, planted.features.shape[1]))
    a = probe(planted.features, planted.labels, planted.groups, planted.folds)
    b = probe(scaled, planted.labels, planted.groups, planted.folds)
    assert np.mean(a.predictions == b.predictions) > 0.98


def test_choose_by_inner_takes_the_inner_winner_of_each_fold(planted: Any) -> None:
    good = probe(planted.features, planted.labels, planted.groups, planted.folds)
    bad = probe(planted.features[:, :2], planted.labels, planted.groups, planted.folds)
    predictions, names = choose_by_inner({"bad": bad, "good": good}, planted.folds)
    assert names == ("good",) * 4
    assert np.array_equal(predictions, good.predictions)
    mixed = dataclasses.replace(bad, inner_scores=np.array([0, 1.0, 0, 0]))
    predictions, names = choose_by_inner({"good": good, "bad": mixed}, planted.folds)
    assert names == ("good", "bad", "good", "good")
    assert np.array_equal(predictions[planted.folds == 1], bad.predictions[planted.folds == 1])
    with pytest.raises(DataError, match="same images and folds"):
        choose_by_inner({}, planted.folds)


def test_fit_linear_works_on_the_features_as_given(planted: Any) -> None:
    shifted = planted.features * 40 + 7
    model = fit_linear(shifted, planted.labels, 0.1, n_classes=6)
    predictions = (shifted @ model.weights + model.bias).argmax(axis=1)
    assert balanced_accuracy(planted.labels, predictions) > 0.85
    assert np.isfinite(model.bias).all() and model.weights.shape == (30, 6)
    assert 5 not in predictions


def test_a_class_with_two_groups_and_an_absent_one(planted: Any) -> None:
    labels = np.where(planted.groups < 2, 6, planted.labels)
    folds = planted.folds.copy()
    folds[planted.groups == 0], folds[planted.groups == 1] = 0, 1
    result = probe(planted.features, labels, planted.groups, folds)
    assert result.probabilities.shape == (600, 7)
    assert result.probabilities[:, 5].max() == 0


def test_errors(planted: Any) -> None:
    x, y, g, f = planted.features, planted.labels, planted.groups, planted.folds
    with pytest.raises(DataError, match=r"shape \(600, d\)"):
        probe(x[:-1], y, g, f)
    with pytest.raises(DataError, match="at least 2 folds"):
        probe(x, y, g, np.full_like(f, -1))
    with pytest.raises(DataError, match="every group in one fold"):
        probe(x, y, g, np.arange(f.size) % 3)
    broken = x.copy()
    broken[5, 3] = np.nan
    with pytest.raises(DataError, match="the first is row 5"):
        probe(broken, y, g, f)


def test_importing_does_not_load_scikit_learn() -> None:
    code = (
        "import sys, frostline.stats, frostline.probes, frostline.probes.scores;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'sklearn', 'scipy', 'keras', 'tensorflow'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
