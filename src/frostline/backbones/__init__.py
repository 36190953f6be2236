"""Pretrained networks with ordered, named cut points. Importing this imports no deep-learning framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from frostline.backbones.backbone import Backbone, Pooling
from frostline.backbones.googlenet import GOOGLENET
from frostline.backbones.inception_v1 import INCEPTION_V1
from frostline.backbones.keras_applications import KERAS_APPLICATIONS
from frostline.backbones.loading import with_random_weights, with_weights_of
from frostline.backbones.network import Flag, Flags, ForeignWeights, Graph, Network, graph_of
from frostline.backbones.own_format import save_safetensors
from frostline.backbones.tensors import tensor_digest
from frostline.core.registry import Registry
from frostline.records import Cut, InputContract

__all__ = [
    "Backbone",
    "BackboneDescription",
    "Flag",
    "Flags",
    "ForeignWeights",
    "Graph",
    "Network",
    "Pooling",
    "backbones",
    "describe_backbone",
    "graph_of",
    "load_backbone",
    "save_safetensors",
    "tensor_digest",
]

backbones: Registry[Network] = Registry("backbone", entry_point_group="frostline.backbones")

for _network in (INCEPTION_V1, GOOGLENET, *KERAS_APPLICATIONS):
    backbones.register(_network.name, _network)


@dataclass(frozen=True)
class BackboneDescription:
    """What is known of a backbone before it is built.

    Attributes:
        name: as in the registry.
        summary: one line.
        cuts: in order of depth.
        contract: what published weights expect.
        flags: the graph flags in force.
    """

    name: str
    summary: str
    cuts: tuple[Cut, ...]
    contract: InputContract
    flags: Mapping[str, Flag]


def describe_backbone(name: str, graph_flags: Flags | None = None) -> BackboneDescription:
    """Cuts and contract of the backbone called ``name``, without building it and without Keras.

    Raises:
        UnknownNameError: no such backbone.
        RecipeError: no such flag.
    """
    network = backbones.get(name)
    flags = network.flags(graph_flags or {})
    return BackboneDescription(name, network.summary, network.cuts(flags), network.contract(flags), flags)


def load_backbone(
    name: str, weights: Path | str | None = None, *, seed: int = 0, graph_flags: Flags | None = None
) -> Backbone:
    """The backbone called ``name``.

    Args:
        name: as in the registry ``backbones``.
        weights: a weights file (.npz, .safetensors, .weights.h5, .h5, .pth), a TF checkpoint (prefix or .index), or a
            SavedModel folder, whose variables are read as data. None for random weights; the record says so.
        seed: of random weights.
        graph_flags: what the network's builder is to be told; by default as the weights need it.

    Raises:
        UnknownNameError: no such backbone.
        WeightsError: the weights are missing, damaged, of another network, or not finite.
        RecipeError: no such flag.
        MissingExtraError: Keras is not installed.
    """
    network = backbones.get(name)
    if weights is None:
        return with_random_weights(network, graph_flags or {}, seed)
    return with_weights_of(network, graph_flags or {}, Path(weights))
