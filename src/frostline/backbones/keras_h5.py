"""Which dataset of a Keras weights file belongs to which variable of a graph."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.containers import RawWeights
from frostline.backbones.network import Graph


def match_h5(raw: RawWeights, graph: Graph) -> dict[str, NDArray[np.generic]]:
    """A Keras file's tensors by the network's names, layer by layer.

    Keras 3 (``.weights.h5``) writes ``layers/<class>_<rank>/vars/<i>`` and the layer's name as an attribute: a layer
    is found by its name, or, when Keras numbered it, by its class and rank. Keras 2 (``.h5``) lists its layers in
    order: the k-th with weights is the graph's k-th. Dense layers beyond the graph's (the classifier) are left out;
    any other layer stays, for the check to complain about.
    """
    return _match_keras2(raw, graph) if "layer_names" in raw.metadata else _match_keras3(raw, graph)


def _match_keras3(raw: RawWeights, graph: Graph) -> dict[str, NDArray[np.generic]]:
    groups: dict[str, dict[int, NDArray[np.generic]]] = {}
    for key, value in raw.tensors.items():
        match = re.fullmatch(r"(layers/[^/]+)/vars/(\d+)", key)
        if match is None:
            continue
        groups.setdefault(match[1], {})[int(match[2])] = value
    by_name = {raw.metadata.get(f"{group}/vars", ""): group for group in groups}
    matched: dict[str, NDArray[np.generic]] = {}
    ranks: Counter[str] = Counter()
    for name, layer in graph.layers.items():
        kind = _snake_case(type(layer).__name__)
        ranked = f"layers/{kind}" + (f"_{ranks[kind]}" if ranks[kind] else "")
        ranks[kind] += 1
        if not layer.weights:
            continue
        numbered = re.fullmatch(rf"{kind}(_\d+)?", layer.name) is not None
        group = ranked if numbered else by_name.get(layer.name, ranked)
        values = groups.pop(group, {})
        matched.update(_by_variable(name, layer, [values[i] for i in sorted(values)]))
    for group, values in groups.items():
        if not group.startswith("layers/dense"):
            matched.update({f"{raw.metadata.get(f'{group}/vars', group)}/{i}": value for i, value in values.items()})
    return matched


def _match_keras2(raw: RawWeights, graph: Graph) -> dict[str, NDArray[np.generic]]:
    stored: list[tuple[str, list[NDArray[np.generic]]]] = []
    for layer_name in raw.metadata["layer_names"].splitlines():
        weight_names = raw.metadata.get(f"{layer_name}:weight_names", "").splitlines()
        values = [raw.tensors[key] for key in (f"{layer_name}/{name}" for name in weight_names) if key in raw.tensors]
        if values:
            stored.append((layer_name, values))
    wanted = [(name, layer) for name, layer in graph.layers.items() if layer.weights]
    matched: dict[str, NDArray[np.generic]] = {}
    for (name, layer), (_, values) in zip(wanted, stored, strict=False):
        matched.update(_by_variable(name, layer, values))
    for layer_name, values in stored[len(wanted) :]:
        if values[0].ndim != 2:
            matched.update({f"{layer_name}/{i}": value for i, value in enumerate(values)})
    return matched


def _by_variable(name: str, layer: Any, values: list[NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    own = [f"{name}/{variable.name}" for variable in layer.weights]
    beyond = [f"{name}/{i}" for i in range(len(own), len(values))]
    counters = {f"{name}/{variable.name}" for variable in layer.weights if "float" not in str(variable.dtype)}
    return {key: value for key, value in zip(own + beyond, values, strict=False) if key not in counters}


def _snake_case(name: str) -> str:
    # As keras.src.utils.naming.to_snake_case, which the file's group names come from.
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
