"""Weights that are known by their digest: where they come from, what they expect, how they see photographs.

``known/<name>.json`` is a WeightsRecord without statistics; ``known/<name>.npz`` holds ``<cut>/mean`` and
``<cut>/std``, float32. The weights themselves are not in the package.
"""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from importlib.resources import files

import numpy as np

from frostline.records import ChannelMoments, WeightsRecord, from_json


@cache
def known_records() -> dict[str, WeightsRecord]:
    """All known records, statistics included, by the tensors' digest."""
    folder = files("frostline.backbones") / "known"
    records = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".json"):
            continue
        record = from_json(WeightsRecord, json.loads(entry.read_text(encoding="utf-8")))
        statistics = folder / entry.name.replace(".json", ".npz")
        if statistics.is_file():
            with statistics.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
                moments = {
                    name.removesuffix("/mean"): ChannelMoments(
                        mean=tuple(arrays[name].tolist()),
                        std=tuple(arrays[name.removesuffix("mean") + "std"].tolist()),
                        origin="measured",
                    )
                    for name in arrays.files
                    if name.endswith("/mean")
                }
            record = dataclasses.replace(record, source_statistics=moments)
        records[record.digest] = record
    return records


def find_known(digest: str) -> WeightsRecord | None:
    """The record of the weights with this digest, or None."""
    return known_records().get(digest)
