from __future__ import annotations

import numpy as np
import pytest

from frostline.core.errors import DataError
from frostline.stats import balanced_accuracy, confusion_matrix, recall_by_class


def test_balanced_accuracy_is_scikit_learns() -> None:
    from sklearn.metrics import balanced_accuracy_score

    rng = np.random.default_rng(0)
    labels = rng.choice(5, 300, p=[0.6, 0.2, 0.1, 0.05, 0.05])
    predictions = np.where(rng.random(300) < 0.5, labels, rng.integers(0, 5, 300))
    assert balanced_accuracy(labels, predictions) == pytest.approx(balanced_accuracy_score(labels, predictions))


def test_classes_that_are_absent_do_not_count_and_no_prediction_is_wrong() -> None:
    assert balanced_accuracy([0, 0, 3, 3], [0, 1, 3, -1]) == pytest.approx(0.5)
    assert recall_by_class([0, 0, 3], [0, 1, 3]) == {0: 0.5, 3: 1.0}


def test_seeds_are_averaged() -> None:
    labels = np.array([0, 0, 1, 1])
    predictions = np.array([[0, 0, 1, 1], [0, 1, 0, 0]])
    assert balanced_accuracy(labels, predictions) == pytest.approx((1 + 0.25) / 2)


def test_confusion_matrix() -> None:
    matrix = confusion_matrix([0, 0, 1], [0, 1, 1], 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert confusion_matrix([0, 1], [1, 1], weights=[0.5, 2.0]).tolist() == [[0, 0.5], [0, 2]]
    with pytest.raises(DataError, match="below 1"):
        confusion_matrix([0, 1], [0, 1], 1)
    with pytest.raises(DataError, match="one prediction per label"):
        confusion_matrix([0, 1], [0])


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(DataError, match="seeds"):
        balanced_accuracy([0, 1], [0, 1, 1])
    with pytest.raises(DataError, match="0 or more"):
        balanced_accuracy([-1, 1], [0, 1])
    with pytest.raises(DataError, match="class indices"):
        balanced_accuracy([0, 1], [0.3, 0.7])
