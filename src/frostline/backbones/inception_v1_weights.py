"""Names of Inception v1's weights in the files it is found in: TF-Slim, TF Hub and Kaggle, torchvision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.network import Flag, ForeignWeights

# Whatever prefix a module or a doubled scope puts before it: InceptionV1/InceptionV1/Conv2d_1a_7x7/weights.
_SLIM = re.compile(r"^(?:.*/)?InceptionV1/(?P<rest>.+?)(?::0)?$")
_SLIM_VARIABLES = {"weights": "kernel"}

_TORCHVISION_UNITS = {"conv1": "Conv2d_1a_7x7", "conv2": "Conv2d_2b_1x1", "conv3": "Conv2d_2c_3x3"}
_TORCHVISION_MODULES = {
    "inception3a": "Mixed_3b",
    "inception3b": "Mixed_3c",
    "inception4a": "Mixed_4b",
    "inception4b": "Mixed_4c",
    "inception4c": "Mixed_4d",
    "inception4d": "Mixed_4e",
    "inception4e": "Mixed_4f",
    "inception5a": "Mixed_5b",
    "inception5b": "Mixed_5c",
}
_TORCHVISION_BRANCHES = {
    "branch1": "Branch_0/Conv2d_0a_1x1",
    "branch2.0": "Branch_1/Conv2d_0a_1x1",
    "branch2.1": "Branch_1/Conv2d_0b_3x3",
    "branch3.0": "Branch_2/Conv2d_0a_1x1",
    "branch3.1": "Branch_2/Conv2d_0b_3x3",
    "branch4.1": "Branch_3/Conv2d_0b_1x1",
}
_TORCHVISION_VARIABLES = {
    "conv.weight": "kernel",
    "bn.weight": "BatchNorm/gamma",
    "bn.bias": "BatchNorm/beta",
    "bn.running_mean": "BatchNorm/moving_mean",
    "bn.running_var": "BatchNorm/moving_variance",
}
# Classifiers and what is no weight.
_TORCHVISION_IGNORED = re.compile(r"^(fc|aux1|aux2)\.|\.num_batches_tracked$")


def translate(tensors: Mapping[str, NDArray[np.generic]], _file: Path) -> ForeignWeights:
    """Tensors named by TF-Slim, by TF Hub's modules, by torchvision, or by the network itself, to its own names.

    Classifiers, optimiser slots and counters are left out. The port is known by the names, the width multiplier by the
    last module's shape. Names that are of none of these forms stay as they are, for the check to complain about.
    """
    if any(name.endswith(".bn.running_mean") for name in tensors):
        return _from_torchvision(tensors)
    if any(_SLIM.match(name) for name in tensors):
        return _from_slim(tensors)
    port = "torchvision" if any(name.endswith("BatchNorm/gamma") for name in tensors) else "slim"
    return ForeignWeights(tensors, _flags(tensors, port))


def _from_slim(tensors: Mapping[str, NDArray[np.generic]]) -> ForeignWeights:
    found: dict[str, NDArray[np.generic]] = {}
    for name, value in tensors.items():
        match = _SLIM.match(name)
        if match is None or match["rest"].startswith(("Logits/", "AuxLogits/")):
            continue
        layer, _, variable = match["rest"].rpartition("/")
        if variable not in ("weights", "beta", "gamma", "moving_mean", "moving_variance"):
            continue
        # Slim calls the second convolution of this one branch 0a like the first (its source has it so).
        layer = layer.replace("Mixed_5b/Branch_2/Conv2d_0a_3x3", "Mixed_5b/Branch_2/Conv2d_0b_3x3")
        found[f"{layer}/{_SLIM_VARIABLES.get(variable, variable)}"] = value
    return ForeignWeights(found, _flags(found, "slim"), "TF-Slim Inception v1")


def _from_torchvision(tensors: Mapping[str, NDArray[np.generic]]) -> ForeignWeights:
    found: dict[str, NDArray[np.generic]] = {}
    for name, value in tensors.items():
        if _TORCHVISION_IGNORED.search(name):
            continue
        own = _torchvision_name(name)
        # PyTorch's kernels are (out, in, h, w).
        found[own or name] = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value
    return ForeignWeights(found, _flags(found, "torchvision"), "torchvision GoogLeNet")


def _torchvision_name(name: str) -> str | None:
    parts = name.split(".")
    variable = _TORCHVISION_VARIABLES.get(".".join(parts[-2:]))
    layer: str | None
    if len(parts) == 3:
        layer = _TORCHVISION_UNITS.get(parts[0])
    else:
        module, branch = _TORCHVISION_MODULES.get(parts[0]), _TORCHVISION_BRANCHES.get(".".join(parts[1:-2]))
        layer = f"{module}/{branch}" if module and branch else None
    return f"{layer}/{variable}" if layer and variable else None


def _flags(tensors: Mapping[str, NDArray[np.generic]], port: str) -> dict[str, Flag]:
    kernel = tensors.get("Mixed_5c/Branch_0/Conv2d_0a_1x1/kernel")
    flags: dict[str, Flag] = {"port": port}
    if kernel is not None and kernel.ndim == 4:
        channels = int(kernel.shape[3])
        # The multiplier as somebody would have written it, when that gives this many channels.
        written = (round(channels / 384, digits) for digits in (1, 2, 3, 4))
        flags["width"] = next((width for width in written if int(384 * width) == channels), (channels + 0.5) / 384)
    return flags
