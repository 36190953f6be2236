"""From a backbone's name and a weights file to a backbone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from frostline.backbones.backbone import Backbone, random_record
from frostline.backbones.batchnorm_statistics import batchnorm_moments
from frostline.backbones.containers import RawWeights, read_raw
from frostline.backbones.keras_h5 import match_h5
from frostline.backbones.known_weights import find_known
from frostline.backbones.network import Flags, ForeignWeights, Network
from frostline.backbones.own_format import check_digest, own_record
from frostline.backbones.random_weights import random_tensors
from frostline.backbones.tensors import Tensors, check_tensors, tensor_digest
from frostline.core.errors import WeightsError
from frostline.core.hashing import hash_file
from frostline.records import WeightsRecord


def with_random_weights(network: Network, given: Flags, seed: int) -> Backbone:
    """``network`` with random weights."""
    flags = network.flags(given)
    contract = network.contract(flags)
    graph = network.build(contract.size, flags)
    tensors = random_tensors(graph.shapes(), seed=seed)
    record = random_record(network, flags, contract, tensors, seed)
    return Backbone(network, flags=flags, contract=contract, weights=record, tensors=tensors, graph=graph)


def with_weights_of(network: Network, given: Flags, path: Path) -> Backbone:
    """``network`` with the weights in ``path``.

    Args:
        network: the definition.
        given: graph flags that the caller insists on; others are as the file shows, else as the network's default.
        path: any accepted container.

    Raises:
        WeightsError: the file is missing, damaged, of another network, or not what its record says.
        RecipeError: an unknown flag.
    """
    raw = read_raw(path)
    record = own_record(raw, path)
    if record is not None and record.backbone != network.name:
        raise WeightsError(
            f"{path} holds weights of {record.backbone!r}. Expected: {network.name!r}.",
            hint=f"use the backbone {record.backbone!r} with this file.",
        )
    if record is not None:
        foreign = ForeignWeights(raw.tensors, record.graph_flags)
    elif raw.container == "keras-h5":
        foreign = ForeignWeights({}, {}, "Keras weights file")
    else:
        foreign = network.translate(raw.tensors, path)
    flags = network.flags({**foreign.flags, **given})
    size = record.contract.size if record is not None else network.contract(flags).size
    graph = network.build(size, flags)
    found = match_h5(raw, graph) if raw.container == "keras-h5" else foreign.tensors
    tensors = check_tensors(found, graph.shapes(), network=network.name, file=path)
    if record is not None:
        check_digest(record, tensors, path)
        record = dataclasses.replace(record, file_hash=hash_file(path))
    else:
        record = _record(network, flags, tensors, raw, foreign.source, path)
    if not record.source_statistics and not record.source.startswith("random"):
        statistics = batchnorm_moments(graph, tensors)
        record = dataclasses.replace(record, source_statistics=statistics)
    return Backbone(
        network,
        flags=flags,
        contract=record.contract,
        weights=record,
        tensors=tensors,
        graph=graph,
        origin=str(path),
    )


def _record(
    network: Network, flags: Flags, tensors: Tensors, raw: RawWeights, source: str, path: Path
) -> WeightsRecord:
    digest = tensor_digest(tensors)
    file_hash = hash_file(raw.files[0]) if len(raw.files) == 1 else ""
    known = find_known(digest)
    if known is not None and known.backbone == network.name:
        return dataclasses.replace(known, file_hash=file_hash)
    return WeightsRecord(
        backbone=network.name,
        digest=digest,
        file_hash=file_hash,
        source=f"{path.name} ({source or raw.container}); not among the weights that Frostline knows",
        licence="not known",
        trained_on="",
        contract=network.contract_for(network.contract(flags), tensors),
        graph_flags=dict(flags),
    )
