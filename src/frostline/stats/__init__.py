"""Folds that no group straddles, balanced accuracy, the grouped bootstrap, corrections for many comparisons."""

from frostline.stats.bootstrap import estimate_balanced_accuracy, estimate_difference
from frostline.stats.corrections import bonferroni_level, holm
from frostline.stats.folds import feasible_folds, grouped_stratified_folds, inner_folds
from frostline.stats.metrics import balanced_accuracy, confusion_matrix, recall_by_class

__all__ = [
    "balanced_accuracy",
    "bonferroni_level",
    "confusion_matrix",
    "estimate_balanced_accuracy",
    "estimate_difference",
    "feasible_folds",
    "grouped_stratified_folds",
    "holm",
    "inner_folds",
    "recall_by_class",
]
