"""A case: a read-only view of one run's data, probes and outcomes, all that a cause may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.recipe import Recipe
from frostline.records import CheckResult, Cut, Estimate


@dataclass(frozen=True, slots=True)
class DepthPoint:
    """What was measured at one cut.

    Attributes:
        cut: where.
        accuracy: balanced accuracy of the linear probe on the outer folds.
        inner_accuracy: the same on the inner folds, mean over the outer ones; choices are made by it.
        shift: distance of the channels' moments from the pretraining's; None when the source's are not known.
        scores: transferability scores by name; evidence only.
    """

    cut: Cut
    accuracy: Estimate
    inner_accuracy: float
    shift: float | None
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Duplication:
    """How images hang together in the data set.

    Attributes:
        exact: images whose content occurs more than once.
        near: images that look like another one.
        across_user_split: images of the user's validation part whose twin or group is in the training part.
        user_groups: number of groups given by the user; 0 when none were given.
        linked: images that share their leak-proof group with another image.
    """

    exact: int
    near: int
    across_user_split: int
    user_groups: int
    linked: int


@dataclass(frozen=True, slots=True)
class Case:
    """One run, as far as it is measured when the causes are asked.

    Attributes:
        recipe: the set-up to explain.
        class_names: (k,) names of the classes.
        labels: (n,) class indices.
        groups: (n,) leak-proof groups.
        folds: (n,) outer folds.
        has_user_split: the data came with a training and a validation part.
        checks: results of the health checks.
        duplication: how images hang together.
        depth: one point per cut, from the input's side to the last; empty when the probes were left out.
        data: name of the data set, as the user may write it in a command.
    """

    recipe: Recipe
    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    groups: tuple[str, ...]
    folds: NDArray[np.int64]
    has_user_split: bool
    checks: tuple[CheckResult, ...]
    duplication: Duplication
    depth: tuple[DepthPoint, ...]
    data: str = ""

    @property
    def chance(self) -> float:
        """Balanced accuracy of guessing."""
        return 1.0 / len(self.class_names)

    @property
    def last(self) -> DepthPoint:
        """The deepest cut, the one that the classic recipe reads."""
        return self.depth[-1]

    def facts(self) -> dict[str, Any]:
        """Sizes of the case, for evidence."""
        return {"images": len(self.labels), "classes": len(self.class_names), "groups": len(set(self.groups))}
