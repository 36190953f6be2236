"""Does the class follow from what is no content: size, aspect, format, file size, or mean colour?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import DataError
from frostline.data.dataset import Dataset
from frostline.records import CheckResult, Estimate, ImageRecord
from frostline.stats import estimate_balanced_accuracy, grouped_stratified_folds
from frostline.stats.folds import groups_per_class

_MOST_IMAGES = 5000
_TREES = 100
_FOLDS = 5
_SEED = 0
# A share of the way from chance to certainty, in the lower end of the interval.
_WARN_GAIN = 0.25
_NOTE_GAIN = 0.05


def metadata_shortcut(dataset: Dataset) -> CheckResult:
    """Cross-validated balanced accuracy of a random forest that sees the file's facts, or the mean colour, alone.

    Folds are grouped as everywhere. A warning when the interval's lower end lies a quarter of the way from chance to
    1: networks take such a shortcut when they can. Mean colour may be a fair cue (leaves are green): it is told apart.
    At most 5,000 images are used, drawn at random.

    Raises:
        DataError: the sample has fewer than two classes with two groups each.
    """
    from sklearn.ensemble import RandomForestClassifier

    chosen = _sample(dataset)
    labels = dataset.labels[chosen]
    _, labels = np.unique(labels, return_inverse=True)
    groups = [dataset.groups[i] for i in chosen]
    records = [dataset.records[i] for i in chosen]
    folds = grouped_stratified_folds(labels, groups, min(_FOLDS, len(set(groups))), seed=_SEED)
    chance = 1 / len(np.unique(labels))
    estimates: dict[str, Estimate] = {}
    for name, features in (("file", _file_facts(records)), ("colour", _colour(records))):
        predictions = np.zeros(len(labels), np.int64)
        for fold in np.unique(folds):
            forest = RandomForestClassifier(
                _TREES, min_samples_leaf=3, class_weight="balanced", random_state=_SEED, n_jobs=1
            )
            forest.fit(features[folds != fold], labels[folds != fold])
            predictions[folds == fold] = forest.predict(features[folds == fold])
        estimates[name] = estimate_balanced_accuracy(labels, predictions, groups, draws=500, seed=_SEED)
    return _result(estimates, chance, len(chosen))


def _result(estimates: dict[str, Estimate], chance: float, n: int) -> CheckResult:
    figures: dict[str, Any] = {"chance": round(chance, 4), "images": n}
    for name, e in estimates.items():
        figures[name] = {"balanced_accuracy": round(e.value, 4), "low": round(e.low, 4), "high": round(e.high, 4)}
    gains = {name: (e.low - chance) / (1 - chance) for name, e in estimates.items()}
    file, colour = estimates["file"], estimates["colour"]
    summary = (
        f"Size, format and file size alone predict the class with balanced accuracy {file.value:.2f} "
        f"({file.low:.2f} to {file.high:.2f}), mean colour alone with {colour.value:.2f} ({colour.low:.2f} to "
        f"{colour.high:.2f}); chance is {chance:.2f}."
    )
    if gains["file"] > _WARN_GAIN:
        summary += " The classes differ in how their images were made: a model may learn that instead of the content."
        return CheckResult("metadata_shortcut", "warning", summary, figures)
    if gains["colour"] > _WARN_GAIN:
        summary += " The mean colour gives much away; make sure that it belongs to the classes and not to the cameras."
        return CheckResult("metadata_shortcut", "warning", summary, figures)
    return CheckResult("metadata_shortcut", "note" if max(gains.values()) > _NOTE_GAIN else "ok", summary, figures)


def _sample(dataset: Dataset) -> NDArray[np.int64]:
    n = len(dataset)
    chosen = np.arange(n) if n <= _MOST_IMAGES else np.sort(np.random.default_rng(_SEED).permutation(n)[:_MOST_IMAGES])
    held = groups_per_class(dataset.labels[chosen], [dataset.groups[i] for i in chosen])
    chosen = chosen[[held[int(label)] > 1 for label in dataset.labels[chosen]]]
    if len(np.unique(dataset.labels[chosen])) < 2:
        raise DataError(f"a sample of {_MOST_IMAGES} images holds no two classes with two groups each.")
    return chosen


def _file_facts(records: list[ImageRecord]) -> NDArray[np.float64]:
    numbers = [
        (np.log(r.width), np.log(r.height), np.log(r.width / r.height), np.log(max(1, r.bytes))) for r in records
    ]
    return np.hstack([np.array(numbers), _one_hot([r.format for r in records]), _one_hot([r.mode for r in records])])


def _colour(records: list[ImageRecord]) -> NDArray[np.float64]:
    return np.array([r.mean_rgb for r in records], np.float64)


def _one_hot(names: list[str]) -> NDArray[np.float64]:
    known = sorted(set(names))
    return np.array([[float(name == k) for k in known] for name in names])
