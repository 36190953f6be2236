"""How far the target's activations are from those that the weights were trained on, cut by cut."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from frostline.core.errors import DataError

# A source deviation counts as at least this share of the cut's median deviation. A channel that is all but dead on
# photographs would otherwise decide the whole sum by a division by almost nothing.
_FLOOR = 0.1


class Moments(Protocol):
    """Mean and standard deviation per channel; ``records.ChannelMoments`` is one."""

    @property
    def mean(self) -> ArrayLike:
        """``(channels,)``."""

    @property
    def std(self) -> ArrayLike:
        """``(channels,)``, not negative."""


def shift_per_channel(target: Moments, source: Moments) -> NDArray[np.float64]:
    """Squared, standardised 2-Wasserstein distance of each channel's activations, taken as Gaussian.

    Between Gaussians ``W2^2 = (mu_t - mu_s)^2 + (sd_t - sd_s)^2`` (Dowson & Landau 1982; the diagonal case of the
    Frechet distance); divided by ``sd_s^2`` it does not depend on the channel's scale.

    Args:
        target, source: moments at the same cut.

    Returns:
        ``(channels,)`` float64, 0 or more; 0 for channels without any spread in the source's cut where the target
        agrees with it.

    Raises:
        DataError: shapes that differ, values that are not finite, or a negative deviation.
    """
    mu_t, sd_t = _arrays(target, "target")
    mu_s, sd_s = _arrays(source, "source")
    if mu_t.shape != mu_s.shape:
        raise DataError(
            f"Expected moments of the same cut. Received: {mu_t.size} channels in the target, "
            f"{mu_s.size} in the source.",
            hint="measure the target's moments at the cut that the source's were stored for.",
        )
    alive = sd_s[sd_s > 0]
    unit = np.maximum(sd_s, _FLOOR * float(np.median(alive)) if alive.size else 1.0)
    distance: NDArray[np.float64] = ((mu_t - mu_s) ** 2 + (sd_t - sd_s) ** 2) / unit**2
    return distance


def shift(target: Moments, source: Moments) -> float:
    """Root of the mean over channels of ``shift_per_channel``: in source standard deviations, 0 when nothing moved.

    Raises:
        DataError: as ``shift_per_channel``.
    """
    return float(np.sqrt(np.mean(shift_per_channel(target, source))))


def _arrays(moments: Moments, whose: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean, std = np.asarray(moments.mean, np.float64), np.asarray(moments.std, np.float64)
    fits = mean.ndim == 1 and mean.shape == std.shape and mean.size > 0
    if not fits or not np.isfinite(mean).all() or not np.isfinite(std).all() or (std < 0).any():
        raise DataError(
            f"Expected the {whose}'s mean and standard deviation as finite vectors of one length, deviations 0 or "
            f"more. Received: shapes {mean.shape} and {std.shape}.",
            hint="measure the moments again.",
        )
    return mean, std
