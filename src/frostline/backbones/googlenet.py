"""GoogLeNet as published in 2014 and released with Caffe.

Szegedy et al., "Going Deeper with Convolutions", table 1. The cuts ``conv1`` and ``conv2`` are the outputs of the two
stem stages, their pooling and local response normalisation included: what the next layer sees.
"""

from __future__ import annotations

from typing import Any

from frostline.backbones.googlenet_weights import translate
from frostline.backbones.native_layers import convolution, max_pool
from frostline.backbones.network import Flags, Graph, Network, graph_of
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract

CONTRACT = InputContract(
    size=224, resize="crop", shorter_side=256, channel_order="bgr", scale=1.0, mean=(104.0, 117.0, 123.0)
)

# Output channels: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
_MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "inception_3a": (64, 96, 128, 16, 32, 32),
    "inception_3b": (128, 128, 192, 32, 96, 64),
    "inception_4a": (192, 96, 208, 16, 48, 64),
    "inception_4b": (160, 112, 224, 24, 64, 64),
    "inception_4c": (128, 128, 256, 24, 64, 64),
    "inception_4d": (112, 144, 288, 32, 64, 64),
    "inception_4e": (256, 160, 320, 32, 128, 128),
    "inception_5a": (256, 160, 320, 32, 128, 128),
    "inception_5b": (384, 192, 384, 48, 128, 128),
}
_STRIDES = {"3": 8, "4": 16, "5": 32}


def _cuts(_flags: Flags) -> tuple[Cut, ...]:
    cuts = [Cut("conv1", 0, 64, 4), Cut("conv2", 1, 192, 8)]
    for name, (one, _, three, _, five, pool) in _MODULES.items():
        cuts.append(Cut(name, len(cuts), one + three + five + pool, _STRIDES[name[-2]]))
    return tuple(cuts)


def _build(size: int, _flags: Flags) -> Graph:
    from frostline.backbones.keras_layers import LocalResponseNormalization

    keras = require_keras()
    inputs = keras.Input((size, size, 3), dtype="float32")
    cuts: dict[str, Any] = {}
    x = _convolution(inputs, 64, 7, "conv1__7x7_s2", stride=2)
    x = max_pool(x, 3, 2, name="pool1__3x3_s2", ceil=True)
    x = cuts["conv1"] = LocalResponseNormalization(name="pool1__norm1")(x)
    x = _convolution(x, 64, 1, "conv2__3x3_reduce")
    x = _convolution(x, 192, 3, "conv2__3x3")
    x = LocalResponseNormalization(name="conv2__norm2")(x)
    x = cuts["conv2"] = max_pool(x, 3, 2, name="pool2__3x3_s2", ceil=True)
    for name, channels in _MODULES.items():
        if name in ("inception_4a", "inception_5a"):
            x = max_pool(x, 3, 2, name=f"pool{int(name[-2]) - 1}__3x3_s2", ceil=True)
        x = cuts[name] = _module(x, name, channels)
    return graph_of(inputs, cuts)


def _module(x: Any, name: str, channels: tuple[int, int, int, int, int, int]) -> Any:
    one, three_reduce, three, five_reduce, five, pool = channels
    branches = [
        _convolution(x, one, 1, f"{name}__1x1"),
        _convolution(_convolution(x, three_reduce, 1, f"{name}__3x3_reduce"), three, 3, f"{name}__3x3"),
        _convolution(_convolution(x, five_reduce, 1, f"{name}__5x5_reduce"), five, 5, f"{name}__5x5"),
        _convolution(max_pool(x, 3, 1, name=f"{name}__pool"), pool, 1, f"{name}__pool_proj"),
    ]
    return require_keras().layers.Concatenate(axis=-1, name=f"{name}__output")(branches)


def _convolution(x: Any, filters: int, kernel: int, name: str, stride: int = 1) -> Any:
    x = convolution(x, filters, kernel, name=name, stride=stride, padding=kernel // 2, bias=True)
    return require_keras().layers.ReLU(name=f"{name}__relu")(x)


GOOGLENET = Network(
    name="googlenet",
    summary="GoogLeNet of 2014 (Szegedy et al.; Caffe): biases, local response normalisation, 5x5 kernels",
    cuts=_cuts,
    contract=lambda _flags: CONTRACT,
    build=_build,
    translate=translate,
)
