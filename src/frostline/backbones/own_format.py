"""Frostline's own weights file: safetensors, with the WeightsRecord as JSON in its metadata."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from frostline.backbones.backbone import Backbone
from frostline.backbones.containers import RawWeights
from frostline.backbones.tensors import Tensors, tensor_digest
from frostline.core.errors import StoreError, WeightsError
from frostline.core.store import atomic_file
from frostline.records import WeightsRecord, from_json, to_json

_KEY = "frostline"
_FORMAT = 1


def save_safetensors(backbone: Backbone, path: Path) -> WeightsRecord:
    """Write a backbone's present weights and their record, atomically.

    Args:
        backbone: its weights may have been trained since they were loaded; then the record's digest is the new one, and
            its statistics, which no longer hold, are left out.
        path: ends in ``.safetensors``.

    Returns:
        The record as written.

    Raises:
        WeightsError: ``path`` has another ending.
        StoreError: the file cannot be written.
    """
    if path.suffix != ".safetensors":
        raise WeightsError(
            f"Frostline's weights files end in .safetensors. Received: {path}.", hint="choose a name that does."
        )
    from safetensors.numpy import save

    tensors = backbone.tensors()
    record, digest = backbone.weights, tensor_digest(tensors)
    if digest != record.digest:
        source = f"trained further from: {record.source}"
        record = dataclasses.replace(record, digest=digest, source=source, source_statistics={})
    record = dataclasses.replace(record, file_hash="")
    metadata = {_KEY: json.dumps({"format": _FORMAT, "record": to_json(record)}, allow_nan=False)}
    with atomic_file(path) as stream:
        stream.write(save({name: np.ascontiguousarray(value) for name, value in tensors.items()}, metadata=metadata))
    return record


def own_record(raw: RawWeights, path: Path) -> WeightsRecord | None:
    """The record in a file that ``save_safetensors`` wrote; None for any other file.

    Raises:
        WeightsError: the record is malformed, or of a newer format.
    """
    text = raw.metadata.get(_KEY) if raw.container == "safetensors" else None
    if text is None:
        return None
    try:
        value = json.loads(text)
        if value["format"] != _FORMAT:
            raise WeightsError(
                f"{path} has Frostline's weights format {value['format']}. Expected: {_FORMAT}.",
                hint="it was written by another version of Frostline; install that one or a newer one.",
            )
        return from_json(WeightsRecord, value["record"])
    except (StoreError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path} says it is Frostline's, but its record cannot be read: {error}.",
            hint="the file is damaged; take another copy.",
        ) from error


def check_digest(record: WeightsRecord, tensors: Tensors, path: Path) -> None:
    """Compare the tensors with what the record says of them.

    Raises:
        WeightsError: they differ.
    """
    digest = tensor_digest(tensors)
    if digest != record.digest:
        raise WeightsError(
            f"The tensors in {path} have the digest {digest}. Expected, by the file's own record: {record.digest}.",
            hint="the file was changed or damaged after it was written; take another copy.",
        )
