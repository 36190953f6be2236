from pathlib import Path

import numpy as np

from frostline.diagnose.experiment import Experiment, Outcome
from frostline.recipe import classic_recipe
from frostline.records import EpochRow
from frostline.workflow.outcomes import OutcomeFolder

EXPERIMENT = Experiment("classic/../<x>", classic_recipe("tiny"))
OUTCOME = Outcome(
    np.array([[0, 1, -1]]), float("nan"), 3.5, (EpochRow("classic", 0, 0, 1, 1.0, 0.5, 1.1, 0.4),), {"a": [1]}, 2.0
)


def stored(folder: Path) -> Path:
    (path,) = folder.glob("*.npz")
    return path


def test_round_trip(tmp_path: Path) -> None:
    outcomes = OutcomeFolder(tmp_path, "context", 3)
    outcomes.save(EXPERIMENT, OUTCOME)
    loaded = outcomes.load(EXPERIMENT)
    assert loaded is not None
    assert np.array_equal(loaded.predictions, OUTCOME.predictions)
    assert np.isnan(loaded.train_balanced_accuracy)
    assert (loaded.history, loaded.details, loaded.epochs_to_95pct) == (OUTCOME.history, OUTCOME.details, 3.5)
    assert stored(tmp_path).parent == tmp_path


def test_another_context_or_experiment_finds_nothing(tmp_path: Path) -> None:
    OutcomeFolder(tmp_path, "context", 3).save(EXPERIMENT, OUTCOME)
    assert OutcomeFolder(tmp_path, "other data", 3).load(EXPERIMENT) is None
    other = Experiment(EXPERIMENT.name, classic_recipe("tiny", seed=1))
    assert OutcomeFolder(tmp_path, "context", 3).load(other) is None


def test_a_damaged_file_is_removed_and_measured_again(tmp_path: Path) -> None:
    outcomes = OutcomeFolder(tmp_path, "context", 3)
    for damage in (b"", b"not a zip", None):
        outcomes.save(EXPERIMENT, OUTCOME)
        path = stored(tmp_path)
        path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
        assert outcomes.load(EXPERIMENT) is None
        assert not path.exists()


def test_predictions_of_other_images_are_measured_again(tmp_path: Path) -> None:
    OutcomeFolder(tmp_path, "context", 3).save(EXPERIMENT, OUTCOME)
    assert OutcomeFolder(tmp_path, "context", 4).load(EXPERIMENT) is None
