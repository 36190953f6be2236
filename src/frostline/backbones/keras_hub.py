"""A KerasHub image backbone as a backbone of Frostline, cut by the same rule as Keras Applications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from frostline.backbones.backbone import Backbone
from frostline.backbones.batchnorm_statistics import batchnorm_moments
from frostline.backbones.keras_graph import cuts_of_graph, graph_of_model
from frostline.backbones.network import Flags, Graph, Network
from frostline.backbones.tensors import tensor_digest
from frostline.core.errors import RecipeError
from frostline.core.optional import require
from frostline.records import InputContract, WeightsRecord


def from_keras_hub(backbone: Any, *, name: str, contract: InputContract) -> Backbone:
    """Wrap a KerasHub backbone with the weights it holds.

    Args:
        backbone: a functional ``keras_hub.models.Backbone`` for images, channels last, with a static square input; or a
            ``Path`` to a local preset folder (nothing is downloaded).
        name: what to call it.
        contract: what its weights expect; KerasHub keeps that in the preset's image converter.

    Raises:
        RecipeError: it is not functional, or its input is not ``contract.size`` square.
        MissingExtraError: a preset folder is given and KerasHub is not installed.
    """
    model = _from_preset(backbone) if isinstance(backbone, Path) else backbone
    shape = tuple(model.inputs[0].shape)
    if shape[1:] != (contract.size, contract.size, 3):
        raise RecipeError(
            f"The backbone {name!r} has the input shape {shape}. "
            f"Expected: (None, {contract.size}, {contract.size}, 3).",
            hint=f"create it with image_shape=({contract.size}, {contract.size}, 3).",
        )

    def build(size: int, _flags: Flags) -> Graph:
        config = model.get_config()
        if "image_shape" in config:
            config["image_shape"] = (size, size, 3)
        elif size != shape[1]:
            raise RecipeError(f"The backbone {name!r} cannot be built for another input size than {shape[1]}.")
        return graph_of_model(type(model).from_config(config))

    graph = graph_of_model(model)
    cuts = cuts_of_graph(graph)
    tensors = {key: np.asarray(variable.numpy(), np.float32) for key, variable in graph.variables.items()}
    record = WeightsRecord(
        backbone=name,
        digest=tensor_digest(tensors),
        file_hash="",
        source=f"KerasHub {type(model).__name__}, as it was given",
        licence="not known",
        trained_on="",
        contract=contract,
        source_statistics=batchnorm_moments(graph, tensors),
    )
    network = Network(name, f"KerasHub {type(model).__name__}", lambda _flags: cuts, lambda _flags: contract, build)
    return Backbone(network, flags={}, contract=contract, weights=record, tensors=tensors, graph=graph)


def _from_preset(folder: Path) -> Any:
    if not folder.is_dir():
        raise RecipeError(f"{folder} is no folder.", hint="give a local KerasHub preset; nothing is downloaded.")
    hub = require("keras_hub", extra="hub-models", purpose="Reading a KerasHub preset")
    return hub.models.Backbone.from_preset(str(folder.resolve()))
