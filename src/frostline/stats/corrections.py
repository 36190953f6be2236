"""Corrections for having looked at many things."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import UsageError


def bonferroni_level(level: float, comparisons: int) -> float:
    """The level at which each of ``comparisons`` intervals must stand for all to hold at once with ``level``.

    Bonferroni: ``1 - (1 - level) / comparisons``. Right under any dependence between the comparisons, which here
    always share images.

    Raises:
        UsageError: a level outside (0, 1), or fewer than one comparison.
    """
    if not 0.0 < level < 1.0 or comparisons < 1:
        raise UsageError(
            f"Expected a level between 0 and 1 and at least one comparison. Received: {level}, {comparisons}.",
            hint="use level=0.95 and the number of comparisons that were made.",
        )
    return 1.0 - (1.0 - level) / comparisons


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Holm's step-down adjusted p-values (Holm 1979); compare each with the error rate wanted for the whole family.

    Args:
        p_values: ``(m,)`` raw p-values, 0..1.

    Returns:
        ``(m,)`` float64, in the given order, 0..1.

    Raises:
        UsageError: not one-dimensional, or a value outside 0..1 (NaN included).
    """
    raw = np.asarray(p_values, np.float64)
    if raw.ndim != 1 or not np.all((raw >= 0) & (raw <= 1)):
        raise UsageError(f"Expected p-values between 0 and 1. Received: {raw!r}.", hint="check how they were computed.")
    order = np.argsort(raw, kind="stable")
    steps = np.arange(raw.size, 0, -1) * raw[order]
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
