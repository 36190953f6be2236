from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostline.core.errors import DataError
from frostline.probes import shift, shift_per_channel
from frostline.records import ChannelMoments


def moments(mean: np.ndarray, std: np.ndarray) -> ChannelMoments:
    return ChannelMoments(tuple(mean.tolist()), tuple(std.tolist()), "measured")


RNG = np.random.default_rng(0)
MEAN, STD = RNG.normal(size=64), RNG.uniform(0.2, 3, 64)
SOURCE = moments(MEAN, STD)


def test_nothing_moved() -> None:
    assert shift(SOURCE, SOURCE) == 0.0


@given(st.floats(0, 5), st.floats(0.01, 5))
def test_grows_with_a_planted_shift(start: float, more: float) -> None:
    near, far = (shift(moments(MEAN + s * STD, STD), SOURCE) for s in (start, start + more))
    assert near < far
    assert near == pytest.approx(start)
    wide, wider = (shift(moments(MEAN, STD * (1 + s)), SOURCE) for s in (start, start + more))
    assert wide < wider
    assert wide == pytest.approx(start)


def test_the_scale_of_a_channel_does_not_matter() -> None:
    scale = np.exp(RNG.normal(size=64) * 0.3)
    target = moments(MEAN + STD, STD * 2)
    scaled = shift(moments((MEAN + STD) * scale, STD * 2 * scale), moments(MEAN * scale, STD * scale))
    assert scaled == pytest.approx(shift(target, SOURCE))


def test_dead_channels_do_not_explode() -> None:
    std = STD.copy()
    std[:5] = [0.0, 1e-12, 1e-9, 0.0, 1e-6]
    source = moments(MEAN, std)
    assert shift(source, source) == 0.0
    moved = shift_per_channel(moments(MEAN + 0.01, std), source)
    assert np.isfinite(moved).all() and moved.max() < 0.1
    assert shift(moments(MEAN, std * 0), moments(MEAN, std * 0)) == 0.0


def test_errors() -> None:
    with pytest.raises(DataError, match="the same cut"):
        shift(moments(MEAN[:3], STD[:3]), SOURCE)
    with pytest.raises(DataError, match="deviations 0 or more"):
        shift(moments(MEAN, -STD), SOURCE)
