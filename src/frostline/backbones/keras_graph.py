"""Cuts of any functional Keras model, by a rule on its graph.

The rule. A *separator* is a layer whose output every path from input to output goes through: cutting there leaves one
tensor. Input, padding, rescaling, normalisation of pixels and dropout are none. Consecutive separators belong together
when their names begin with the same block (``block_3_``, ``block2a_``, ``conv4_block1_``, ``mixed5``, ...) or, outside
of blocks, when they have the same stride. The last separator of each such group is a cut.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from frostline.backbones.network import Graph, graph_of
from frostline.core.errors import RecipeError
from frostline.records import Cut

_BLOCK = re.compile(r"(expanded_conv|(?:conv|stack|stage)_?\d+_block_?\d+|block_?\d+[a-z]?|mixed_?\d+\w*)(?=_|$)")
_NO_CUT = {
    "InputLayer",
    "ZeroPadding2D",
    "Rescaling",
    "Normalization",
    "Dropout",
    "SpatialDropout2D",
    "Identity",
    "Reshape",
    "Permute",
}


@dataclass(frozen=True)
class _Separator:
    name: str
    tensor: Any
    stride: int

    @property
    def block(self) -> str:
        match = _BLOCK.match(self.name)
        return match[1] if match else f"stride {self.stride}"


def graph_of_model(model: Any) -> Graph:
    """The graph of a functional Keras model with one image input, cut by this module's rule.

    Args:
        model: ``keras.Model``; static input shape ``(None, size, size, 3)``, channels last.

    Raises:
        RecipeError: not functional, several inputs, or no place to cut at.
    """
    names = _stable_names(model)
    groups = groupby(_separators(model, names), key=lambda separator: separator.block)
    cuts = [list(group)[-1] for _, group in groups]
    if not cuts:
        raise RecipeError(f"The model {model.name!r} has no layer that cuts its graph in two.")
    return graph_of(model.inputs[0], {cut.name: cut.tensor for cut in cuts}, names)


def cuts_of_graph(graph: Graph) -> tuple[Cut, ...]:
    """The cuts of a graph, with channels and strides read off its shapes."""
    size = int(graph.inputs.shape[1])
    return tuple(
        Cut(name, depth, int(tensor.shape[-1]), _stride(size, tensor))
        for depth, (name, tensor) in enumerate(graph.cuts.items())
    )


def _separators(model: Any, names: dict[str, str]) -> list[_Separator]:
    by_depth = getattr(model, "_nodes_by_depth", None)
    if by_depth is None or len(model.inputs) != 1:
        raise RecipeError(f"{model!r} is not a functional Keras model with one input; it cannot be cut.")
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    uses = Counter(id(tensor) for node in nodes for tensor in node.input_tensors)
    size = int(model.inputs[0].shape[1])
    found: list[_Separator] = []
    open_tensors: set[int] = set()
    # In topological order, a tensor separates when it alone is still to be used after it was made.
    for node in nodes:
        for tensor in node.input_tensors:
            uses[id(tensor)] -= 1
            if uses[id(tensor)] == 0:
                open_tensors.discard(id(tensor))
        open_tensors.update(id(tensor) for tensor in node.output_tensors)
        (tensor, *others), layer = node.output_tensors, node.operation
        if len(open_tensors) == 1 and not others and len(tensor.shape) == 4 and type(layer).__name__ not in _NO_CUT:
            found.append(_Separator(names.get(layer.name, layer.name), tensor, _stride(size, tensor)))
    return found


def _stride(size: int, tensor: Any) -> int:
    # Unpadded convolutions shave pixels off: the nearest power of two of the ratio.
    return int(2 ** round(math.log2(size / int(tensor.shape[1]))))


def _stable_names(model: Any) -> dict[str, str]:
    """Names that do not depend on how many layers this session made before, by the layers' present names."""
    numbered: dict[str, list[tuple[int, str]]] = {}
    for layer in model.layers:
        match = re.fullmatch(r"([a-z][a-z0-9_]*?)(?:_(\d+))?", layer.name)
        kind = _snake_case(type(layer).__name__)
        if match and match[1] == kind:
            numbered.setdefault(kind, []).append((int(match[2] or 0), layer.name))
    names = {}
    for kind, layers in numbered.items():
        first = min(layers)[0]
        names.update({name: f"{kind}_{number - first}" if number > first else kind for number, name in layers})
    return names


def _snake_case(name: str) -> str:
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
