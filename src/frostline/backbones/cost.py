"""What a network costs: multiply-accumulate operations, counted from its layers."""

from __future__ import annotations

from math import prod
from typing import Any

from frostline.backbones.backbone import Backbone


def multiply_adds(backbone: Backbone) -> float:
    """Multiply-accumulate operations of the whole network for one image: its convolutions and dense layers.

    Everything else (pooling, normalisation, activations) is left out; it is a few per cent.
    """
    return float(sum(_of_layer(layer) for layer in backbone.whole().layers))


def _of_layer(layer: Any) -> float:
    kernels = [weight for weight in layer.weights if weight.path.rsplit("/", 1)[-1].endswith("kernel")]
    if not kernels:
        return 0.0
    positions = prod(layer.output.shape[1:-1])
    return float(positions * sum(prod(kernel.shape) for kernel in kernels))
