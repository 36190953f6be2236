"""Every image through the frozen prefix, once."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frostline.activations.activations import Activations
from frostline.activations.decode import PixelSource, decode_batches
from frostline.activations.engines import ENGINES, Engine, EngineError, EngineKind, EngineRequest, default_engine
from frostline.activations.key import ActivationKey
from frostline.activations.store import ActivationStore, Located
from frostline.activations.writer import ShardWriter
from frostline.backbones.backbone import Backbone, Pooling
from frostline.core.errors import RecipeError
from frostline.core.progress import Progress, SilentProgress
from frostline.records import CropPolicy, Cut, InputContract


def extract(
    dataset: PixelSource,
    backbone: Backbone,
    cuts: Sequence[str | Cut],
    *,
    pooling: Pooling = "mean",
    resize: CropPolicy | None = None,
    store: ActivationStore,
    engine: str | EngineKind | None = None,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Activations:
    """The activations of all images at several cuts. Only images that the store lacks are decoded and run, all cuts
    in one pass; images with the same content are run once.

    Shards are written as they fill (every 512 images, or 64 MiB), so a run that is killed loses at most one of them and
    goes on with the same results, bit by bit. What does not fit into the store's budget is not stored but computed at
    each read, and that is said. When the engine's outputs differ from Keras's, Keras takes over, and that is said.

    Args:
        dataset: images; those of ``records`` in their order.
        backbone: the network.
        cuts: of the backbone, at least one, each once.
        pooling: ``mean`` over positions, ``none``, or ``moments``: mean and mean of squares over positions.
        resize: instead of the contract's own policy; for ``crop``, the contract's ``shorter_side`` holds.
        store: the cache.
        engine: name in ``ENGINES``; by default what is fastest here.
        batch_size: images per batch.
        progress: told of every batch.

    Raises:
        RecipeError: no such cut, none, one twice, or a batch size that is not positive.
        UnknownNameError: no such engine.
        DataError: an image cannot be read any more, or gives activations that are not finite.
        StoreError: the cache cannot be written; what was finished stays.
    """
    if batch_size < 1:
        raise RecipeError(f"The batch size must be positive. Received: {batch_size}.")
    progress = progress or SilentProgress()
    names = _names(backbone, cuts)
    contract = backbone.contract if resize is None else replace(backbone.contract, resize=resize)
    kind = engine if isinstance(engine, EngineKind) else ENGINES.get(engine) if engine else default_engine()
    job = _Extraction(dataset, backbone, names, pooling, contract, store, batch_size, progress)
    try:
        return job.run(kind)
    except EngineError as error:
        if kind is ENGINES.get("keras"):
            raise
        progress.say(f"Keras runs the network instead of {kind.name} ({kind.precision}): {error.message}")
        return job.run(ENGINES.get("keras"))


@dataclass
class _Extraction:
    dataset: PixelSource
    backbone: Backbone
    cuts: tuple[str, ...]
    pooling: Pooling
    contract: InputContract
    store: ActivationStore
    batch_size: int
    progress: Progress

    def __post_init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.first: list[int] = []
        distinct = np.empty(len(self.dataset.records), np.int64)
        for index, record in enumerate(self.dataset.records):
            position = self.positions.setdefault(record.content, len(self.positions))
            if position == len(self.first):
                self.first.append(index)
            distinct[index] = position
        self.distinct = distinct
        self.contents = tuple(self.positions)

    def run(self, kind: EngineKind) -> Activations:
        keys = {cut: self._key(kind, cut) for cut in self.cuts}
        located = {cut: self.store.locate(key, self.positions, self.progress) for cut, key in keys.items()}
        lacking = tuple(cut for cut in self.cuts if located[cut].missing.any())
        if lacking:
            missing = np.logical_or.reduce([located[cut].missing for cut in lacking])
            images = self._within_budget(np.flatnonzero(missing), lacking)
            if len(images):
                self._compute(kind, {cut: keys[cut] for cut in lacking}, located, images)
        return Activations(
            located,
            self.distinct,
            shapes={cut: self._shape(cut, located[cut]) for cut in self.cuts},
            pooling=self.pooling,
            engine=f"{kind.name} {kind.precision}",
            recompute=_Recompute(self, kind),
        )

    def load(self, kind: EngineKind, cuts: tuple[str, ...]) -> Engine:
        request = EngineRequest(
            self.backbone, cuts, self.pooling, self.store.graphs, self.progress, self.store.mark_used
        )
        return kind.load(request)

    def outputs(
        self, engine: Engine, images: NDArray[np.int64]
    ) -> Generator[tuple[NDArray[np.int64], list[NDArray[np.float32]]], None, None]:
        """Distinct images and their activations, batch by batch."""
        indices = [self.first[image] for image in images]
        batches = decode_batches(self.dataset, indices, self.contract, batch_size=self.batch_size)
        start = 0
        # Both are closed at once when the caller breaks off: no thread decodes or computes on.
        with closing(batches), closing(engine.stream(batches, say=self.progress.say)) as stream:
            for outputs in stream:
                stop = start + len(outputs[0])
                yield images[start:stop], outputs
                start = stop

    def _compute(
        self,
        kind: EngineKind,
        keys: Mapping[str, ActivationKey],
        located: Mapping[str, Located],
        images: NDArray[np.int64],
    ) -> None:
        self.progress.start(f"Activations of {self.backbone.name}", len(images))
        engine = self.load(kind, tuple(keys))
        writer = ShardWriter(
            self.store, keys, located, self.contents, batch_size=self.batch_size, progress=self.progress
        )
        with closing(self.outputs(engine, images)) as computed:
            for batch, outputs in computed:
                writer.add([int(image) for image in batch], outputs)
                self.progress.advance(len(batch))
        writer.flush()
        self.progress.finish(f"{len(images)} images at {len(keys)} cut(s), {kind.name} in {kind.precision}")

    def _within_budget(self, images: NDArray[np.int64], cuts: tuple[str, ...]) -> NDArray[np.int64]:
        per_image = sum(self._row_bytes(cut) for cut in cuts)
        wanted = per_image * len(images)
        room = self.store.make_room(wanted)
        if room >= wanted:
            return images
        fitting = int(room // per_image) // self.batch_size * self.batch_size
        self.progress.say(
            f"Activations of {len(images)} images at {len(cuts)} cut(s) need {wanted / 2**20:,.0f} MiB; the cache's "
            f"budget has room for {room / 2**20:,.0f} MiB. {fitting} images are stored, the others are computed again "
            "at each read. A larger --cache-size avoids that."
        )
        return images[:fitting]

    def _row_bytes(self, cut: str) -> int:
        """Bytes of one stored row, from the cut's channels and stride, header and manifest aside."""
        size = math.prod(self._expected_shape(cut))
        return 72 + size * (4 if self.pooling == "moments" else 2)

    def _expected_shape(self, cut: str) -> tuple[int, ...]:
        channels, stride = next((c.channels, c.stride) for c in self.backbone.cuts if c.name == cut)
        if self.pooling == "mean":
            return (channels,)
        if self.pooling == "moments":
            return (2, channels)
        side = -(-self.contract.size // stride)
        return (side, side, channels)

    def _shape(self, cut: str, located: Located) -> tuple[int, ...]:
        if located.maps:
            return tuple(int(n) for n in located.maps[0].shape[1:])
        return self._expected_shape(cut)

    def _key(self, kind: EngineKind, cut: str) -> ActivationKey:
        weights = self.backbone.weights
        return ActivationKey(
            backbone=self.backbone.name,
            weights=weights.digest,
            graph_flags=weights.graph_flags,
            contract=self.contract,
            cut=cut,
            pooling=self.pooling,
            engine=kind.name,
            precision=kind.precision,
        )


class _Recompute:
    """Runs images that are not stored; keeps the engine of each cut it was asked for."""

    def __init__(self, job: _Extraction, kind: EngineKind) -> None:
        self._job = job
        self._kind = kind
        self._engines: dict[str, Engine] = {}

    def __call__(self, cut: str, images: NDArray[np.int64]) -> NDArray[np.float32]:
        if cut not in self._engines:
            self._engines[cut] = self._job.load(self._kind, (cut,))
        wanted, inverse = np.unique(images, return_inverse=True)
        parts = [outputs[0] for _, outputs in self._job.outputs(self._engines[cut], wanted)]
        values: NDArray[np.float32] = np.concatenate(parts)[inverse]
        return values


def _names(backbone: Backbone, cuts: Sequence[str | Cut]) -> tuple[str, ...]:
    names = tuple(cut.name if isinstance(cut, Cut) else cut for cut in cuts)
    known = [cut.name for cut in backbone.cuts]
    wrong = [name for name in names if name not in known]
    if wrong or not names or len(set(names)) != len(names):
        raise RecipeError(
            f"Expected: cuts of {backbone.name}, at least one, each once. Received: {list(names)}.",
            hint=f"use some of: {', '.join(known)}.",
        )
    return names
