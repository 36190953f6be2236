from __future__ import annotations

import numpy as np
import pytest

from frostline.core.errors import UsageError
from frostline.stats import bonferroni_level, holm


def test_bonferroni() -> None:
    assert bonferroni_level(0.95, 1) == pytest.approx(0.95)
    assert bonferroni_level(0.95, 10) == pytest.approx(0.995)
    with pytest.raises(UsageError, match="at least one"):
        bonferroni_level(0.95, 0)


def test_holm_worked_example_and_order() -> None:
    # Holm's steps on (.01, .04, .03, .005): .005*4, .01*3, .03*2, .04*1 made monotone.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).max() == 1.0
    with pytest.raises(UsageError, match="between 0 and 1"):
        holm([0.2, np.nan])


def test_holm_rejects_at_least_what_bonferroni_does() -> None:
    p = np.random.default_rng(0).random(50) ** 4
    assert set(np.flatnonzero(p * 50 <= 0.05)) <= set(np.flatnonzero(holm(p) <= 0.05))
