"""Transferability scores: how well features suit labels, without training. Evidence only, never a verdict.

A score is a pure function ``(features (n, d), labels (n,)) -> float``; higher means more suited. Values compare between
features of the same images only, and not between scores. Other packages announce theirs under ``frostline.scores``;
``frostline.testing.scores`` is the suite that each must pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.core.registry import Registry
from frostline.probes.scores.hscore import hscore
from frostline.probes.scores.logme import logme
from frostline.probes.scores.nleep import nleep

Score = Callable[[NDArray[Any], NDArray[np.int64]], float]

scores: Registry[Score] = Registry("transferability score", entry_point_group="frostline.scores")
scores.register("logme", logme)
scores.register("nleep", nleep)
scores.register("hscore", hscore)

__all__ = ["Score", "hscore", "logme", "nleep", "scores"]
