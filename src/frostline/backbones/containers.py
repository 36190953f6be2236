"""Reading the files that hold weights, as data: nothing in them is ever run.

Every reader gives NumPy arrays by the file's own names, and turns what can be wrong with a file into a WeightsError
that names it.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import MissingExtraError, WeightsError
from frostline.core.optional import require

# No backbone here has more than a tenth of this; a file that declares more is damaged or a bomb.
_LARGEST = 4 << 30

_DAMAGED = "the file is damaged or was not downloaded to its end; download it again and compare its hash."
ACCEPTED = (
    ".npz, .safetensors, .weights.h5 and .h5 (Keras), a TF checkpoint (its .index or its prefix), a SavedModel folder, "
    ".pth and .pt (PyTorch state dict)"
)


@dataclass(frozen=True)
class RawWeights:
    """What a file holds, by the file's own names.

    Attributes:
        tensors: the arrays.
        container: ``npz``, ``safetensors``, ``keras-h5``, ``tf-checkpoint`` or ``torch``.
        metadata: text that the container keeps beside the tensors.
        files: the files that were read.
    """

    tensors: Mapping[str, NDArray[np.generic]]
    container: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def read_raw(path: Path) -> RawWeights:
    """Read a weights file of any accepted kind.

    Args:
        path: a file, a TF checkpoint's prefix or ``.index``, or a SavedModel folder.

    Raises:
        WeightsError: missing, of a kind that is not accepted, damaged, or holding pickled objects.
    """
    checkpoint = _checkpoint_prefix(path)
    if checkpoint is not None:
        return _read_checkpoint(checkpoint, path)
    if not path.exists():
        raise WeightsError(f"The weights file {path} does not exist.", hint=f"check the path. Accepted: {ACCEPTED}.")
    if path.is_dir():
        raise WeightsError(
            f"The folder {path} is no SavedModel: it has no variables/variables.index.",
            hint="give the folder that holds saved_model.pb and variables/, or a weights file.",
        )
    if path.stat().st_size == 0:
        raise WeightsError(f"The weights file {path} is empty (0 bytes).", hint=_DAMAGED)
    suffix = path.suffix.lower()
    if suffix in (".pkl", ".pickle", ".joblib"):
        raise WeightsError(
            f"{path} is a pickle, and reading a pickle runs the program inside it. Expected: {ACCEPTED}.",
            hint="save the tensors with numpy.savez or safetensors, and give that file.",
        )
    readers: dict[str, Callable[[Path], RawWeights]] = {
        ".npz": _read_npz,
        ".safetensors": _read_safetensors,
        ".h5": _read_h5,
        ".hdf5": _read_h5,
        ".pth": _read_torch,
        ".pt": _read_torch,
    }
    if suffix not in readers:
        raise WeightsError(
            f"{path} is not of a kind that holds weights. Expected: {ACCEPTED}.",
            hint="a .keras file holds a program as well as weights: save its weights with model.save_weights."
            if suffix == ".keras"
            else "export the weights to one of these.",
        )
    return readers[suffix](path)


def _checkpoint_prefix(path: Path) -> Path | None:
    if path.is_dir():
        inside = path / "variables" / "variables"
        return inside if _with(inside, ".index").is_file() else None
    if path.suffix == ".index":
        return path.with_suffix("")
    if ".data-" in path.name and path.name.rpartition("-of-")[1]:
        return path.with_name(path.name.partition(".data-")[0])
    return path if not path.exists() and _with(path, ".index").is_file() else None


def _with(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


@contextmanager
def _damage(path: Path, *kinds: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kinds as error:
        raise WeightsError(
            f"{path} cannot be read: {str(error).strip() or type(error).__name__}.", hint=_DAMAGED
        ) from error


def _check_size(path: Path, declared: int) -> None:
    if declared > _LARGEST:
        raise WeightsError(
            f"{path} declares {declared / 2**30:.1f} GiB of tensors. Expected: at most {_LARGEST >> 30} GiB.",
            hint="no backbone is that large; the file is damaged or malicious.",
        )


def _read_npz(path: Path) -> RawWeights:
    with _damage(path, OSError, zipfile.BadZipFile, EOFError, KeyError, zlib.error):
        try:
            with zipfile.ZipFile(path) as archive:
                _check_size(path, sum(member.file_size for member in archive.infolist()))
            with np.load(path, allow_pickle=False) as archive:
                tensors = {name: archive[name] for name in archive.files}
        except ValueError as error:
            # NumPy says so of object arrays, which are pickles, and of headers it cannot parse.
            raise WeightsError(
                f"{path} holds an array that cannot be read as plain numbers ({error}).",
                hint="save numeric arrays only, with numpy.savez (no object arrays: they are pickles).",
            ) from error
    return RawWeights(tensors, "npz", files=(path,))


def _read_safetensors(path: Path) -> RawWeights:
    from safetensors import SafetensorError, safe_open

    kinds = (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError)
    with _damage(path, *kinds), safe_open(path, framework="np") as archive:
        metadata = dict(archive.metadata() or {})
        tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118 (no mapping)
    return RawWeights(tensors, "safetensors", metadata, (path,))


def _read_h5(path: Path) -> RawWeights:
    """Datasets by their path in the file.

    ``metadata`` holds the ``name`` attribute of each Keras 3 layer's group, and under ``layer_names`` and
    ``<layer>:weight_names`` Keras 2's lists of names, one per line.
    """
    h5py = require("h5py", extra="tf", purpose=f"Reading {path.name}")
    tensors: dict[str, NDArray[np.generic]] = {}
    names: dict[str, str] = {}

    def visit(group: Any, where: str) -> None:
        for key in group:
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise WeightsError(f"{path} holds a link to elsewhere at {where}{key}.", hint=_DAMAGED)
            item = group[key]
            if isinstance(item, h5py.Group):
                if "name" in item.attrs:
                    names[f"{where}{key}"] = _text(item.attrs["name"])
                if "weight_names" in item.attrs:
                    names[f"{where}{key}:weight_names"] = "\n".join(map(_text, item.attrs["weight_names"]))
                visit(item, f"{where}{key}/")
            elif item.is_virtual or item.external:
                raise WeightsError(f"{path} refers to another file at {where}{key}.", hint=_DAMAGED)
            elif item.dtype.kind in "fiub":
                _check_size(path, item.size * item.dtype.itemsize)
                tensors[f"{where}{key}"] = np.asarray(item[()])

    with _damage(path, OSError, KeyError, RuntimeError, ValueError), h5py.File(path, "r") as archive:
        root = archive.get("model_weights", archive)
        if "layer_names" in root.attrs:
            names["layer_names"] = "\n".join(map(_text, root.attrs["layer_names"]))
        visit(root, "")
    return RawWeights(tensors, "keras-h5", names, (path,))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _read_torch(path: Path) -> RawWeights:
    try:
        torch = require("torch", extra="torch", purpose=f"Reading {path.name}")
    except MissingExtraError as error:
        raise WeightsError(
            f"{path} is a PyTorch file, a pickle that only PyTorch can read safely, and PyTorch is not installed.",
            hint=f"{error.hint}, or convert the file to safetensors.",
        ) from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch has no base class for what it raises: pickle, zip, runtime, key errors
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{path} cannot be read as tensors only: {reason}",
            hint="expected a state dict (torch.save(model.state_dict(), ...)); a whole pickled model is a program and "
            "is not run. " + _DAMAGED,
        ) from error
    for key in ("state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(hasattr(value, "detach") for value in state.values()):
        raise WeightsError(
            f"{path} holds no state dict: expected tensors by name, received {type(state).__name__}.",
            hint="save model.state_dict().",
        )
    tensors = {name.removeprefix("module."): value.detach().cpu().numpy() for name, value in state.items()}
    return RawWeights(tensors, "torch", files=(path,))


def _read_checkpoint(prefix: Path, asked: Path) -> RawWeights:
    index = _with(prefix, ".index")
    shards = sorted(prefix.parent.glob(f"{prefix.name.replace('[', '[[]')}.data-*"))
    for what, there in ((index, index.is_file()), (_with(prefix, ".data-00000-of-..."), bool(shards))):
        if not there:
            raise WeightsError(
                f"The TF checkpoint {asked} is incomplete: {what} does not exist.",
                hint="a checkpoint is its .index and all its .data files; put them side by side.",
            )
    tf = require("tensorflow", extra="tf", purpose="Reading a TF checkpoint")
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        shapes = reader.get_variable_to_shape_map()
        dtypes = reader.get_variable_to_dtype_map()
        _check_size(prefix, 4 * sum(int(np.prod(shape)) for shape in shapes.values()))
        names = _object_graph_names(reader) if "_CHECKPOINTABLE_OBJECT_GRAPH" in shapes else {}
        tensors = {
            names.get(key, key): np.asarray(reader.get_tensor(key))
            for key in shapes
            if key != "_CHECKPOINTABLE_OBJECT_GRAPH" and dtypes[key].is_floating
        }
    except WeightsError:
        raise
    except Exception as error:  # damage shows as tf.errors.*, IndexError, RuntimeError, protobuf's DecodeError, ...
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"The TF checkpoint {prefix} cannot be read: {reason}.", hint=_DAMAGED) from error
    return RawWeights(tensors, "tf-checkpoint", files=(index, *shards))


def _object_graph_names(reader: Any) -> dict[str, str]:
    """The variables' own names by their keys in an object-based checkpoint, such as a SavedModel's."""
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

    graph = TrackableObjectGraph.FromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    return {
        attribute.checkpoint_key: attribute.full_name
        for node in graph.nodes
        for attribute in node.attributes
        if attribute.full_name
    }
