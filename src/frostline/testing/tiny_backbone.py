"""A backbone so small that a test can afford it: 32x32 input, three cuts, BatchNorm, about 5,000 weights."""

from __future__ import annotations

import numpy as np

from frostline.backbones.backbone import Backbone, random_record
from frostline.backbones.native_layers import batch_norm_relu, convolution
from frostline.backbones.network import Flags, Graph, Network, graph_of
from frostline.backbones.random_weights import random_tensors
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract

_CONTRACT = InputContract(
    size=32, resize="crop", shorter_side=36, channel_order="bgr", scale=1 / 127.5, mean=(1.0, 1.0, 1.0)
)
_CUTS = (Cut("stem", 0, 8, 2), Cut("block1", 1, 16, 4), Cut("block2", 2, 24, 8))


def _build(size: int, _flags: Flags) -> Graph:
    keras = require_keras()
    inputs = keras.Input((size, size, 3), dtype="float32")
    tensor, cuts = inputs, {}
    for cut in _CUTS:
        tensor = convolution(tensor, cut.channels, 3, stride=2, name=f"{cut.name}__conv")
        tensor = batch_norm_relu(tensor, name=f"{cut.name}__bn", scale=True)
        cuts[cut.name] = tensor
    return graph_of(inputs, cuts)


TINY = Network(
    name="tiny",
    summary="three convolutions with BatchNorm at 32x32, for tests",
    cuts=lambda _flags: _CUTS,
    contract=lambda _flags: _CONTRACT,
    build=_build,
)


def tiny_backbone(seed: int = 0) -> Backbone:
    """A tiny backbone with random kernels and random, non-trivial BatchNorm statistics (see the module)."""
    graph = _build(_CONTRACT.size, {})
    tensors = random_tensors(graph.shapes(), seed=seed)
    generator = np.random.default_rng(seed)
    for name, value in tensors.items():
        variable = name.rpartition("/")[2]
        if variable in ("gamma", "moving_variance"):
            tensors[name] = generator.uniform(0.5, 1.5, value.shape).astype(np.float32)
        elif variable in ("beta", "moving_mean"):
            tensors[name] = generator.normal(0, 0.1, value.shape).astype(np.float32)
    record = random_record(TINY, {}, _CONTRACT, tensors, seed)
    return Backbone(TINY, flags={}, contract=_CONTRACT, weights=record, tensors=tensors, graph=graph)
