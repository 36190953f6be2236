"""What a network is before it has weights: cuts, contract, and how its graph is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.tensors import Tensors
from frostline.core.errors import RecipeError
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract

Flag: TypeAlias = str | int | float | bool
Flags: TypeAlias = Mapping[str, Flag]


@dataclass(frozen=True)
class Graph:
    """A network as a Keras 3 graph.

    Attributes:
        inputs: symbolic input, float32 ``(None, size, size, 3)``, contract-scaled.
        cuts: symbolic tensor ``(None, h, w, channels)`` of each cut, in order of depth.
        layers: every Keras layer up to the last cut, in Keras's order, by its name in the network; ``/`` as in the
            names of the network's authors (Keras allows none: its layers have ``__`` there).
    """

    inputs: Any
    cuts: Mapping[str, Any]
    layers: Mapping[str, Any]

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Every weight up to the last cut, by ``<layer>/<variable>``; no counters, no seeds of dropout."""
        return {
            f"{name}/{variable.name}": variable
            for name, layer in self.layers.items()
            for variable in layer.weights
            if "float" in str(variable.dtype)
        }

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, by name."""
        return {name: tuple(int(n) for n in variable.shape) for name, variable in self.variables.items()}


def graph_of(inputs: Any, cuts: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Graph:
    """The graph from ``inputs`` to the last of ``cuts``.

    Args:
        inputs: symbolic input.
        cuts: symbolic outputs, in order of depth.
        names: the name in the network of Keras layers whose own name is not to be used, by the latter.
    """
    keras = require_keras()
    layers = keras.Model(inputs, list(cuts.values())[-1]).layers
    return Graph(
        inputs, dict(cuts), {(names or {}).get(layer.name, layer.name).replace("__", "/"): layer for layer in layers}
    )


@dataclass(frozen=True)
class ForeignWeights:
    """Tensors as somebody else's file holds them, renamed to the network's own names.

    Attributes:
        tensors: by the network's names; not checked yet.
        flags: the graph flags that the file shows to be needed.
        source: what the file's form says about where it comes from.
    """

    tensors: Mapping[str, NDArray[np.generic]]
    flags: Flags = field(default_factory=dict)
    source: str = ""


def _no_foreign_names(tensors: Mapping[str, NDArray[np.generic]], _file: Path) -> ForeignWeights:
    return ForeignWeights(tensors)


def _same_contract(contract: InputContract, _tensors: Tensors) -> InputContract:
    return contract


@dataclass(frozen=True)
class Network:
    """A network's definition; an item of the registry of backbones.

    Attributes:
        name: unique among the backbones.
        summary: one line for a list: authors, year, what is particular.
        default_flags: every graph flag with its default.
        cuts: the cuts, in order of depth, under given flags.
        contract: what published weights under given flags expect.
        build: the graph for an input size under given flags; its variables hold no particular values.
        translate: tensors by a file's own names to the network's names; what it does not know it leaves as it is, for
            the check that follows to complain about.
        contract_for: the contract that particular tensors need, given the one of the flags; for weights with a
            peculiarity that nothing but their values shows.
    """

    name: str
    summary: str
    cuts: Callable[[Flags], tuple[Cut, ...]]
    contract: Callable[[Flags], InputContract]
    build: Callable[[int, Flags], Graph]
    default_flags: Flags = field(default_factory=dict)
    translate: Callable[[Mapping[str, NDArray[np.generic]], Path], ForeignWeights] = _no_foreign_names
    contract_for: Callable[[InputContract, Tensors], InputContract] = _same_contract

    def flags(self, given: Flags) -> dict[str, Flag]:
        """The default flags with ``given`` put over them.

        Raises:
            RecipeError: a flag that the network does not have.
        """
        unknown = sorted(set(given) - set(self.default_flags))
        if unknown:
            raise RecipeError(
                f"The backbone {self.name!r} has no graph flag {unknown}. It has: {sorted(self.default_flags)}.",
                hint="remove it, or name the backbone that has it.",
            )
        return {**self.default_flags, **given}
