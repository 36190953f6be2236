"""Converted graphs on disk, each with what Keras gave for the reference images.

With the reference beside the graph, every run checks its engine against Keras without importing Keras.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frostline._version import __version__
from frostline.activations.engines.base import EngineError, EngineRequest
from frostline.core.errors import StoreError
from frostline.core.hashing import hash_bytes, hash_json
from frostline.core.store import atomic_file, read_json, write_json
from frostline.records import to_json

_FORMAT = 1
_REFERENCE = "reference.npz"


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph's files in memory.

    Attributes:
        files: content by name.
        reference: float32 outputs of Keras for the reference images, one per cut.
    """

    files: Mapping[str, bytes]
    reference: tuple[NDArray[np.float32], ...]


def graph_folder(request: EngineRequest, engine: str, version: str) -> Path:
    """Folder of one converted graph: by weights, flags, contract, cuts, pooling, engine and its version.

    The resize policy is no part of it: images come resized.
    """
    backbone = request.backbone
    contract = replace(backbone.contract, resize="squash", shorter_side=backbone.contract.size)
    return (
        request.folder
        / hash_json(
            {
                "backbone": backbone.name,
                "weights": backbone.weights.digest,
                "graph_flags": to_json(backbone.weights.graph_flags),
                "contract": to_json(contract),
                "cuts": list(request.cuts),
                "pooling": request.pooling,
                "engine": engine,
                "version": version,
                "format": _FORMAT,
                "frostline": __version__,
            }
        )[:40]
    )


def read_graph(folder: Path) -> StoredGraph | None:
    """The graph in ``folder``, compared with its hashes; None when there is none, or it is damaged.

    Raises:
        EngineError: an earlier run found that this graph cannot be converted; the message says why.
    """
    try:
        found = read_json(folder / "graph.json")
        if "failed" in found:
            raise EngineError(str(found["failed"]))
        files = {name: (folder / file["path"]).read_bytes() for name, file in found["files"].items()}
        if any(hash_bytes(files[name]) != file["sha256"] for name, file in found["files"].items()):
            return None
        with np.load(io.BytesIO(files.pop(_REFERENCE)), allow_pickle=False) as arrays:
            reference = tuple(np.asarray(arrays[f"cut{i}"], np.float32) for i in range(len(arrays.files)))
        return StoredGraph(files, reference)
    except (StoreError, OSError, KeyError, TypeError, ValueError):
        return None


def write_graph(folder: Path, graph: StoredGraph) -> None:
    """Store a graph; ``graph.json`` last.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **{f"cut{i}": values for i, values in enumerate(graph.reference)})
    manifest = {}
    for name, content in {**graph.files, _REFERENCE: packed.getvalue()}.items():
        sha256 = hash_bytes(content)
        path = f"{sha256[:16]}-{name}"
        with atomic_file(folder / path) as stream:
            stream.write(content)
        manifest[name] = {"path": path, "sha256": sha256}
    write_json(folder / "graph.json", {"files": manifest})


def write_failure(folder: Path, reason: str) -> None:
    """Note that this graph cannot be converted, so that no later run tries again.

    Raises:
        StoreError: the folder cannot be written.
    """
    write_json(folder / "graph.json", {"failed": reason})
