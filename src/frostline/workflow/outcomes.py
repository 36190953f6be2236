"""Outcomes on disk: what was measured once is not measured again, also after a kill."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np

from frostline.core.errors import FrostlineError
from frostline.core.hashing import hash_json
from frostline.core.store import atomic_file
from frostline.diagnose.experiment import Experiment, Outcome
from frostline.records import EpochRow, from_json, to_json

_FORMAT = 1


class OutcomeFolder:
    """One ``.npz`` per outcome, written atomically and named by the experiment and by all that its result depends on.

    Args:
        folder: where they lie, ``measured/`` in a run.
        context: what every outcome of the run depends on: data, folds, weights, seeds.
        images: that every outcome has a prediction for.
    """

    def __init__(self, folder: Path, context: str, images: int) -> None:
        self.folder = folder
        self.images = images
        self.context = context

    def load(self, experiment: Experiment) -> Outcome | None:
        """The stored outcome; None when there is none, or when the file is damaged (it is then computed again)."""
        path = self._path(experiment)
        try:
            with np.load(path, allow_pickle=False) as stored:
                meta = json.loads(str(stored["meta"]))
                predictions = stored["predictions"].astype(np.int64)
                if predictions.ndim != 2 or predictions.shape[1] != self.images:
                    raise ValueError(f"{path} holds predictions of shape {predictions.shape}")
                return Outcome(
                    predictions=predictions,
                    train_balanced_accuracy=_from_nullable(meta["train_balanced_accuracy"]),
                    epochs_to_95pct=meta["epochs_to_95pct"],
                    history=tuple(from_json(EpochRow, row) for row in meta["history"]),
                    details=meta["details"],
                    seconds=float(meta["seconds"]),
                )
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, KeyError, TypeError, FrostlineError, zipfile.BadZipFile):
            path.unlink(missing_ok=True)
            return None

    def save(self, experiment: Experiment, outcome: Outcome) -> None:
        """Store an outcome."""
        meta = {
            "train_balanced_accuracy": _nullable(outcome.train_balanced_accuracy),
            "epochs_to_95pct": outcome.epochs_to_95pct,
            "history": to_json(outcome.history),
            "details": to_json(outcome.details),
            "seconds": outcome.seconds,
        }
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, predictions=outcome.predictions.astype(np.int32), meta=np.array(json.dumps(meta, allow_nan=False))
        )
        with atomic_file(self._path(experiment)) as stream:
            stream.write(buffer.getvalue())

    def _path(self, experiment: Experiment) -> Path:
        digest = hash_json([_FORMAT, self.context, to_json(experiment)])[:12]
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", experiment.name)[:80]
        return self.folder / f"{name}-{digest}.npz"


def _nullable(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _from_nullable(value: float | None) -> float:
    return float("nan") if value is None else float(value)
