"""Reading activations back, in the order of the data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from frostline.activations.store import Located
from frostline.backbones.backbone import Pooling
from frostline.core.errors import RecipeError, UsageError
from frostline.records import ChannelMoments

Recompute = Callable[[str, NDArray[np.int64]], NDArray[np.float32]]


class Activations:
    """The activations of a data set's images at several cuts, memory-mapped.

    Args:
        located: where each cut's activations stand, for each distinct image.
        distinct: int64 ``(n,)``: number of the distinct image of each row of the data set.
        shapes: shape of one image's activation, by cut.
        pooling: as extracted.
        engine: name and precision of what computed them, e.g. ``"openvino float32"``.
        recompute: gives the activations at a cut of distinct images that did not fit into the cache's budget.
    """

    def __init__(
        self,
        located: Mapping[str, Located],
        distinct: NDArray[np.int64],
        *,
        shapes: Mapping[str, tuple[int, ...]],
        pooling: Pooling,
        engine: str,
        recompute: Recompute,
    ) -> None:
        self._located = dict(located)
        self._distinct = distinct
        self._shapes = dict(shapes)
        self._recompute = recompute
        self.cuts: tuple[str, ...] = tuple(located)
        self.pooling: Pooling = pooling
        self.engine = engine

    def __len__(self) -> int:
        return len(self._distinct)

    def shape(self, cut: str) -> tuple[int, ...]:
        """Shape of one image's activation at ``cut``: ``(c,)``, ``(h, w, c)`` or ``(2, c)``.

        Raises:
            RecipeError: the cut was not extracted.
        """
        self._at(cut)
        return self._shapes[cut]

    def stored(self, cut: str) -> NDArray[np.bool_]:
        """``(n,)``: whether a row is in the cache; the others did not fit and are computed at each read.

        Raises:
            RecipeError: the cut was not extracted.
        """
        stored: NDArray[np.bool_] = ~self._at(cut).missing[self._distinct]
        return stored

    def read(self, cut: str) -> NDArray[np.float32]:
        """All activations at ``cut``, in the order of the data set's records.

        Returns:
            float32 ``(n, c)`` for pooling ``mean``, ``(n, h, w, c)`` for ``none``, ``(n, 2, c)`` for ``moments``.

        Raises:
            RecipeError: the cut was not extracted.
        """
        return self.rows(cut, np.arange(len(self)))

    def rows(self, cut: str, indices: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The activations of some rows of the data set, in the order asked for; what does not fit into memory is read
        this way, a batch at a time.

        Returns:
            float32, as ``read``.

        Raises:
            RecipeError: the cut was not extracted.
            DataError: a row that is not in the cache has to be computed again, and its image cannot be read.
        """
        located = self._at(cut)
        images = self._distinct[np.asarray(indices, np.int64)]
        out = np.empty((len(images), *self._shapes[cut]), np.float32)
        shards = located.shard_of[images]
        order = np.argsort(shards, kind="stable")
        edges = np.searchsorted(shards[order], np.arange(-1, len(located.maps) + 1))
        absent = order[: edges[1]]
        if len(absent):
            out[absent] = self._recompute(cut, images[absent])
        for shard, values in enumerate(located.maps):
            here = order[edges[shard + 1] : edges[shard + 2]]
            if len(here):
                out[here] = values[located.row_of[images[here]]]
        return out

    def moments(self, cut: str) -> ChannelMoments:
        """Mean and standard deviation of each channel over all images and positions. For pooling ``moments``.

        Raises:
            RecipeError: the cut was not extracted.
            UsageError: another pooling.
        """
        if self.pooling != "moments":
            raise UsageError(
                f'moments() needs activations that were extracted with pooling="moments". Received: {self.pooling!r}.'
            )
        mean, mean_of_squares = self.read(cut).mean(axis=0, dtype=np.float64)
        std = np.sqrt(np.maximum(mean_of_squares - mean**2, 0.0))
        return ChannelMoments(tuple(mean.tolist()), tuple(std.tolist()), "measured")

    def _at(self, cut: str) -> Located:
        try:
            return self._located[cut]
        except KeyError:
            raise RecipeError(
                f"No activations were extracted at the cut {cut!r}.", hint=f"use one of: {', '.join(self.cuts)}."
            ) from None
