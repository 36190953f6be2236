"""How well frozen features separate the classes: probes, other heads, controls, learning curves, shift, scores."""

from frostline.probes.controls import majority_class, raw_pixels, standardised_pixels
from frostline.probes.head2toe import concatenated_cuts
from frostline.probes.heads import nearest_centroid, nearest_neighbours
from frostline.probes.learning_curve import LearningCurve, learning_curve
from frostline.probes.probe import LinearModel, ProbeResult, choose_by_inner, fit_linear, probe
from frostline.probes.shift import shift, shift_per_channel

__all__ = [
    "LearningCurve",
    "LinearModel",
    "ProbeResult",
    "choose_by_inner",
    "concatenated_cuts",
    "fit_linear",
    "learning_curve",
    "majority_class",
    "nearest_centroid",
    "nearest_neighbours",
    "probe",
    "raw_pixels",
    "shift",
    "shift_per_channel",
    "standardised_pixels",
]
