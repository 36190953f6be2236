"""What a preset and a time limit leave out, by modelled cost, so that a resumed run decides as the first one did."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from frostline.core.errors import UsageError
from frostline.core.store import remember
from frostline.diagnose.experiment import Experiment
from frostline.workflow.request import SEEDS, Preset

# Share of a large matrix product's speed that each kind of work attains; measured on two AMD EPYC cores.
_CONVOLUTION_EFFICIENCY = 0.8
_PROBE_EFFICIENCY = 0.25
# Passes over the features (forward and backward) of one nested, cross-validated probe, all folds and strengths.
_PROBE_PASSES = 900.0
_SECONDS_PER_DECODE = 0.001
_SECONDS_PER_STEP = 0.0022
_START_UP_SECONDS = 15.0
# Parts of a diagnosis by preset. What stands in no list is always measured.
_LEFT_OUT_BY_PRESET: dict[str, frozenset[str]] = {
    "quick": frozenset({"concatenated cuts", "learning curve"}),
    "standard": frozenset(),
    "thorough": frozenset(),
}
# In the order in which a time limit pays for them.
_OPTIONAL = ("probes", "best head", "ungrouped", "random weights", "learning curve", "concatenated cuts")


@dataclass(frozen=True, slots=True)
class Workload:
    """What the model of cost needs to know.

    Attributes:
        images: number of images.
        classes: number of classes.
        channels: number of channels at each cut.
        multiply_adds: of the whole network for one image.
        epochs, batch_size, folds: of the classic recipe.
    """

    images: int
    classes: int
    channels: tuple[int, ...]
    multiply_adds: float
    epochs: int
    batch_size: int
    folds: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left out, and why.

    Attributes:
        reasons: by part (``"probes"``, ``"concatenated cuts"``, ...).
        seconds: modelled cost by part, for what is done and what is not.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    def left_out(self, experiment: Experiment) -> str:
        """Why ``experiment`` is left out; empty when it is not."""
        return self.reasons.get(part_of(experiment), "")


def part_of(experiment: Experiment) -> str:
    """The part of a diagnosis that an experiment belongs to."""
    if experiment.folds == "ungrouped":
        return "ungrouped"
    if experiment.estimator in ("best cut", "best taps"):
        return "probes"
    if experiment.estimator == "head":
        return {"linear": "probes", "head2toe": "concatenated cuts"}.get(experiment.recipe.head.kind, "classic")
    return experiment.estimator


def make_plan(folder: Path, workload: Workload, *, preset: Preset, time_limit: float | None) -> Plan:
    """The plan of a run; the machine's speed is measured once and kept in ``plan.json``, so that it stays the same.

    Raises:
        UsageError: the time limit does not even cover the classic recipe.
    """
    key = "flops_per_second"
    speed = float(remember(folder / "plan.json", lambda: {key: measure_speed()}, keys=[key])[key])
    seconds = modelled_seconds(workload, speed, seeds=SEEDS[preset])
    reasons = dict.fromkeys(_LEFT_OUT_BY_PRESET[preset], f"the preset {preset} leaves it out")
    if time_limit is None:
        return Plan(reasons, seconds)
    left = time_limit - seconds["classic"]
    if left < 0:
        raise UsageError(
            f"The time limit of {time_limit:.0f} s is too short: the classic recipe alone is modelled at "
            f"{seconds['classic']:.0f} s on this machine.",
            hint=f"allow at least {seconds['classic'] * 1.2:.0f}s, or use fewer images with --max-images.",
        )
    for part in _OPTIONAL:
        if part in reasons:
            continue
        if seconds[part] > left:
            reasons[part] = f"the time limit leaves it out (modelled at {seconds[part]:.0f} s)"
        else:
            left -= seconds[part]
    return Plan(reasons, seconds)


def modelled_seconds(workload: Workload, flops_per_second: float, *, seeds: int) -> dict[str, float]:
    """Modelled cost by part."""
    convolution = 2 * workload.multiply_adds / (flops_per_second * _CONVOLUTION_EFFICIENCY)
    extraction = workload.images * (convolution + _SECONDS_PER_DECODE)
    steps = workload.images / workload.batch_size * workload.epochs * workload.folds

    def probe(channels: float) -> float:
        flops = 4.0 * workload.images * channels * workload.classes * _PROBE_PASSES
        return 0.5 + flops / (flops_per_second * _PROBE_EFFICIENCY)

    last, everything = workload.channels[-1], float(sum(workload.channels))
    return {
        "classic": _START_UP_SECONDS + extraction + seeds * steps * _SECONDS_PER_STEP + probe(576),
        "probes": sum(probe(channels) for channels in workload.channels),
        "best head": probe(last) + 2.0,
        "ungrouped": probe(last),
        "random weights": extraction + probe(last),
        "learning curve": probe(last),
        "concatenated cuts": probe(everything),
    }


def measure_speed() -> float:
    """Floating-point operations per second of this machine in a large float32 matrix product."""
    generator = np.random.default_rng(0)
    left = generator.standard_normal((1024, 1024), dtype=np.float32)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - started)
    return 2.0 * 1024**3 / best
