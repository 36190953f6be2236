"""Channel moments at a cut from BatchNorm's running statistics: what the training images looked like, without them.

BatchNorm's output has mean beta and standard deviation |gamma| per channel over the images and positions its running
statistics were taken from. Behind an activation function ``f``, the moments are those of ``f(z)`` with z normal (the
approximation: channels before the activation are taken as Gaussian). Concatenations keep channels apart. Where a cut's
tensor is anything else (a sum, a pooling, no BatchNorm), nothing is said about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.network import Graph
from frostline.backbones.tensors import Tensors
from frostline.records import ChannelMoments

Floats: TypeAlias = NDArray[np.float64]

# Normal quadrature on an even grid: exact to 1e-6 for kinked functions too.
_GRID = np.linspace(-8.0, 8.0, 4001)
_WEIGHTS = np.exp(-0.5 * _GRID**2) / np.exp(-0.5 * _GRID**2).sum()


def batchnorm_moments(graph: Graph, tensors: Tensors) -> dict[str, ChannelMoments]:
    """Moments of the cuts that they can be derived for, ``origin="batchnorm"``.

    Args:
        graph: of the network.
        tensors: its weights, by name.
    """
    names = {id(layer): name for name, layer in graph.layers.items()}
    found = {}
    for cut, tensor in graph.cuts.items():
        moments = _derive(tensor, names, tensors)
        if moments is not None:
            mean, std = moments
            found[cut] = ChannelMoments(tuple(mean.tolist()), tuple(std.tolist()), "batchnorm")
    return found


def _derive(tensor: Any, names: dict[int, str], tensors: Tensors) -> tuple[Floats, Floats] | None:
    layer, inputs = _producer(tensor)
    kind = type(layer).__name__
    if kind == "BatchNormalization":
        return _normalised(names[id(layer)], tensors)
    if kind == "Concatenate":
        parts = [_derive(part, names, tensors) for part in inputs]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return np.concatenate([mean for mean, _ in known]), np.concatenate([std for _, std in known])
    function = _activation(layer)
    before = _producer(inputs[0])[0] if function is not None else None
    if function is None or type(before).__name__ != "BatchNormalization":
        return None
    mean, std = _normalised(names[id(before)], tensors)
    values = function(mean + std * _GRID[:, None])
    first, second = _WEIGHTS @ values, _WEIGHTS @ values**2
    return first, np.sqrt(np.maximum(second - first**2, 0.0))


def _producer(tensor: Any) -> tuple[Any, list[Any]]:
    layer, node, _ = tensor._keras_history
    return layer, list(layer._inbound_nodes[node].input_tensors)


def _normalised(name: str, tensors: Tensors) -> tuple[Floats, Floats]:
    running = tensors[f"{name}/moving_mean"]
    beta = tensors.get(f"{name}/beta", np.zeros_like(running)).astype(np.float64)
    gamma = tensors.get(f"{name}/gamma", np.ones_like(running)).astype(np.float64)
    return beta, np.abs(gamma)


def _activation(layer: Any) -> Callable[[Floats], Floats] | None:
    kind = type(layer).__name__
    if kind == "ReLU":
        if layer.negative_slope or layer.threshold:
            return None
        top = float("inf") if layer.max_value is None else float(layer.max_value)
        return lambda values: np.clip(values, 0.0, top)
    if kind != "Activation":
        return None
    known: dict[str, Callable[[Floats], Floats]] = {
        "linear": lambda values: values,
        "relu": lambda values: np.maximum(values, 0.0),
        "relu6": lambda values: np.clip(values, 0.0, 6.0),
        "silu": lambda values: values / (1.0 + np.exp(-values)),
        "swish": lambda values: values / (1.0 + np.exp(-values)),
    }
    return known.get(getattr(layer.activation, "__name__", ""))
