"""Inception v1 with batch normalisation: Google's TF-Slim network, and torchvision's GoogLeNet, which was made from it.

Both have 3x3 kernels where the paper (Szegedy et al. 2014) has 5x5, no biases, and BatchNorm with epsilon 0.001 (Ioffe
and Szegedy 2015). They differ in what ``port`` says:

* ``slim``: BatchNorm without gamma; TensorFlow's SAME padding.
* ``torchvision``: BatchNorm with gamma; symmetric padding of the first convolution; poolings that round up and pad at
  the end.
"""

from __future__ import annotations

from typing import Any

from frostline.backbones.inception_v1_weights import translate
from frostline.backbones.native_layers import batch_norm_relu, convolution, max_pool
from frostline.backbones.network import Flags, Graph, Network, graph_of
from frostline.core.errors import RecipeError
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract

# Both ports see -1..1 (torchvision by its ``transform_input``). Slim evaluates on the central 87.5 %: 224 of 256.
CONTRACT = InputContract(size=224, resize="crop", shorter_side=256, scale=1 / 127.5, mean=(1.0, 1.0, 1.0))

# torchvision's GoogLeNet(transform_input=False): standardised by ImageNet's moments.
STANDARDISED = InputContract(
    size=224, resize="crop", shorter_side=256, scale=1 / 255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)

# Output channels: Branch_0 1x1; Branch_1 1x1, 3x3; Branch_2 1x1, 3x3; Branch_3 pool projection.
_MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
_STRIDES = {"3": 8, "4": 16, "5": 32}


def _width(channels: int, flags: Flags) -> int:
    # Slim's depth_multiplier, with its min_depth of 16.
    return max(int(channels * float(flags["width"])), 16)


def _cuts(flags: Flags) -> tuple[Cut, ...]:
    stem = (("Conv2d_1a_7x7", 64, 2), ("MaxPool_2a_3x3", 64, 4), ("Conv2d_2b_1x1", 64, 4), ("Conv2d_2c_3x3", 192, 4))
    cuts = [Cut(name, depth, _width(channels, flags), stride) for depth, (name, channels, stride) in enumerate(stem)]
    for name, (b0, _, b1, _, b2, b3) in _MODULES.items():
        channels = sum(_width(branch, flags) for branch in (b0, b1, b2, b3))
        cuts.append(Cut(name, len(cuts), channels, _STRIDES[name[-2]]))
    return tuple(cuts)


def _contract(flags: Flags) -> InputContract:
    return CONTRACT if flags["transform_input"] else STANDARDISED


def _build(size: int, flags: Flags) -> Graph:
    if flags["port"] not in ("slim", "torchvision"):
        raise RecipeError(f"Unknown port {flags['port']!r} of inception_v1.", hint="use one of: slim, torchvision.")
    if not 0 < float(flags["width"]) <= 16:
        raise RecipeError(f"The width multiplier of inception_v1 must be in 0..16. Received: {flags['width']}.")
    inputs = require_keras().Input((size, size, 3), dtype="float32")
    ceil = flags["port"] == "torchvision"
    cuts: dict[str, Any] = {}
    x = cuts["Conv2d_1a_7x7"] = _unit(inputs, 64, 7, "Conv2d_1a_7x7", flags, stride=2)
    x = cuts["MaxPool_2a_3x3"] = max_pool(x, 3, 2, name="MaxPool_2a_3x3", ceil=ceil)
    x = cuts["Conv2d_2b_1x1"] = _unit(x, 64, 1, "Conv2d_2b_1x1", flags)
    x = cuts["Conv2d_2c_3x3"] = _unit(x, 192, 3, "Conv2d_2c_3x3", flags)
    x = max_pool(x, 3, 2, name="MaxPool_3a_3x3", ceil=ceil)
    for name, channels in _MODULES.items():
        if name == "Mixed_4b":
            x = max_pool(x, 3, 2, name="MaxPool_4a_3x3", ceil=ceil)
        elif name == "Mixed_5b":
            x = max_pool(x, 2, 2, name="MaxPool_5a_2x2", ceil=ceil)
        x = cuts[name] = _module(x, name, channels, flags)
    return graph_of(inputs, cuts)


def _module(x: Any, name: str, channels: tuple[int, int, int, int, int, int], flags: Flags) -> Any:
    branch_0, reduce_1, branch_1, reduce_2, branch_2, branch_3 = channels
    reduced_1 = _unit(x, reduce_1, 1, f"{name}__Branch_1__Conv2d_0a_1x1", flags)
    reduced_2 = _unit(x, reduce_2, 1, f"{name}__Branch_2__Conv2d_0a_1x1", flags)
    pooled = max_pool(x, 3, 1, name=f"{name}__Branch_3__MaxPool_0a_3x3")
    branches = [
        _unit(x, branch_0, 1, f"{name}__Branch_0__Conv2d_0a_1x1", flags),
        _unit(reduced_1, branch_1, 3, f"{name}__Branch_1__Conv2d_0b_3x3", flags),
        _unit(reduced_2, branch_2, 3, f"{name}__Branch_2__Conv2d_0b_3x3", flags),
        _unit(pooled, branch_3, 1, f"{name}__Branch_3__Conv2d_0b_1x1", flags),
    ]
    return require_keras().layers.Concatenate(axis=-1, name=f"{name}__concat")(branches)


def _unit(x: Any, channels: int, kernel: int, name: str, flags: Flags, stride: int = 1) -> Any:
    torchvision = flags["port"] == "torchvision"
    padding = kernel // 2 if torchvision else None
    x = convolution(x, _width(channels, flags), kernel, name=name, stride=stride, padding=padding)
    return batch_norm_relu(x, name=f"{name}__BatchNorm", scale=torchvision)


INCEPTION_V1 = Network(
    name="inception_v1",
    summary="Inception v1 with BatchNorm: TF-Slim, TF Hub / Kaggle google/inception_v1, torchvision's GoogLeNet",
    cuts=_cuts,
    contract=_contract,
    build=_build,
    default_flags={"port": "slim", "width": 1.0, "transform_input": True},
    translate=translate,
)
