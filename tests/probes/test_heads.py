from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from frostline.core.errors import DataError
from frostline.probes import (
    concatenated_cuts,
    majority_class,
    nearest_centroid,
    nearest_neighbours,
    probe,
    raw_pixels,
    standardised_pixels,
)
from frostline.stats import balanced_accuracy, grouped_stratified_folds


def test_nearest_centroid_is_scikit_learns(planted: Any) -> None:
    from sklearn.neighbors import NearestCentroid
    from sklearn.preprocessing import StandardScaler

    result = nearest_centroid(planted.features, planted.labels, planted.groups, planted.folds)
    train = planted.folds != 0
    scaler = StandardScaler().fit(planted.features[train])
    reference = NearestCentroid().fit(scaler.transform(planted.features[train]), planted.labels[train])
    expected = reference.predict(scaler.transform(planted.features[~train]))
    assert np.mean(result.predictions[~train] == expected) > 0.99
    assert result.inner_scores.min() > 0.5


def test_nearest_neighbours_is_scikit_learns_for_one_k(planted: Any) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    result = nearest_neighbours(planted.features, planted.labels, planted.groups, planted.folds, neighbours=(1,))
    train = planted.folds != 0
    x = planted.features - planted.features[train].mean(axis=0)
    reference = KNeighborsClassifier(1, metric="cosine", algorithm="brute").fit(x[train], planted.labels[train])
    assert np.mean(result.predictions[~train] == reference.predict(x[~train])) > 0.99
    assert (result.strengths == 1).all()
    assert result.train_balanced_accuracy == 1.0


def test_neighbours_choose_a_large_k_in_noise(planted: Any) -> None:
    result = nearest_neighbours(planted.features, planted.labels, planted.groups, planted.folds)
    assert result.strengths.min() > 1
    assert np.allclose(result.probabilities.sum(axis=1), 1, atol=1e-5)


def test_concatenated_cuts_find_the_features_that_matter(planted: Any) -> None:
    rng = np.random.default_rng(0)
    cuts = {
        "noise": rng.normal(size=(600, 170)).astype(np.float32) * 50,
        "first half": planted.features[:, :15],
        "second half": planted.features[:, 15:],
    }
    both = concatenated_cuts(cuts, planted.labels, planted.groups, planted.folds, fractions=(0.15, 0.5))
    half = probe(cuts["first half"], planted.labels, planted.groups, planted.folds)
    everything = probe(np.concatenate(list(cuts.values()), 1), planted.labels, planted.groups, planted.folds)
    accuracy = balanced_accuracy(planted.labels, both.predictions)
    assert accuracy > 0.05 + balanced_accuracy(planted.labels, half.predictions)
    assert accuracy > balanced_accuracy(planted.labels, everything.predictions)
    assert set(both.strengths) <= {0.15, 0.5}
    assert both.inner_scores == pytest.approx(accuracy, abs=0.15)
    with pytest.raises(DataError, match="at least one cut"):
        concatenated_cuts({}, planted.labels, planted.groups, planted.folds)


def test_majority_class_is_read_from_the_other_folds() -> None:
    labels, folds = np.array([0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1])
    assert majority_class(labels, folds).tolist() == [1, 1, 1, 1, 0, 0, 0]
    with pytest.raises(DataError, match="at least 2 folds"):
        majority_class(labels, np.zeros(7, int))


def test_raw_pixels_see_shape_and_not_brightness() -> None:
    rng = np.random.default_rng(0)
    labels, groups = np.arange(200) % 2, np.arange(200) // 4
    labels = groups % 2
    images = rng.normal(120, 10, (200, 24, 24))
    brightness_only = np.clip(images + labels[:, None, None] * 60, 0, 255).astype(np.uint8)
    images[labels == 1, 8:16, 8:16] += 15
    with_shape = np.clip(images, 0, 255).astype(np.uint8)
    folds = grouped_stratified_folds(labels, groups, 4, seed=0)
    assert balanced_accuracy(labels, raw_pixels(with_shape, labels, groups, folds).predictions) > 0.9
    assert balanced_accuracy(labels, raw_pixels(brightness_only, labels, groups, folds).predictions) < 0.65


def test_standardised_pixels() -> None:
    images = np.stack([np.arange(576).reshape(24, 24), np.full((24, 24), 200)])
    rows = standardised_pixels(images)
    assert rows[0].mean() == pytest.approx(0, abs=1e-4) and rows[0].std() == pytest.approx(1, abs=1e-4)
    assert not rows[1].any()
    with pytest.raises(DataError, match="grey images"):
        standardised_pixels(np.zeros((2, 24, 24, 3)))
