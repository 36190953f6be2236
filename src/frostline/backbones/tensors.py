"""Tensors by name: their digest, and the check that they fit a network. NumPy only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import WeightsError

Tensors = Mapping[str, NDArray[np.float32]]
"""A network's tensors, float32, by their names in the network (``<layer>/<variable>``)."""

Shapes = Mapping[str, tuple[int, ...]]
"""The shape that a network expects of each of its tensors."""


def tensor_digest(tensors: Mapping[str, NDArray[np.float32]]) -> str:
    """SHA-256 over the sorted names, shapes and little-endian float32 values; 64 hexadecimal digits.

    The same for every container that the tensors are stored in.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = np.asarray(tensors[name], dtype="<f4", order="C")
        digest.update(f"{name}\0{','.join(map(str, value.shape))}\0".encode())
        digest.update(value.data)
    return digest.hexdigest()


def check_tensors(tensors: Mapping[str, NDArray[np.generic]], expected: Shapes, *, network: str, file: Path) -> Tensors:
    """``tensors`` as float32, when they are exactly what ``network`` expects.

    Args:
        tensors: as read, by the network's names. float16, bfloat16 (as float32) and float64 are converted.
        expected: names and shapes of all the network's tensors.
        network: its name, for messages.
        file: where they were read from, for messages.

    Raises:
        WeightsError: a tensor is missing, unknown, misshapen, not of a floating dtype, or not finite.
    """
    missing = sorted(set(expected) - set(tensors))
    extra = sorted(set(tensors) - set(expected))
    if len(missing) * 2 > len(expected):
        raise WeightsError(
            f"{file} holds the weights of another network: expected the {len(expected)} tensors of {network} "
            f"({_some(sorted(expected))}), found {len(expected) - len(missing)} of them. Received: {_some(extra)}.",
            hint="name the backbone that these weights belong to, or give the weights of this one.",
        )
    if missing:
        raise WeightsError(
            f"{file} lacks {len(missing)} of the {len(expected)} tensors of {network}: {_some(missing)}."
            + (f" It holds {len(extra)} that {network} does not have: {_some(extra)}." if extra else ""),
            hint="the file is incomplete, or is of a variant of the network; download or export it again.",
        )
    if extra:
        raise WeightsError(
            f"{file} holds {len(extra)} tensors that {network} does not have: {_some(extra)}. "
            f"Expected exactly {len(expected)}.",
            hint="is it of a larger variant of the network? Give weights of exactly this one.",
        )
    return {name: _checked(name, tensors[name], expected[name], network, file) for name in expected}


def _checked(
    name: str, value: NDArray[np.generic], shape: tuple[int, ...], network: str, file: Path
) -> NDArray[np.float32]:
    if not np.issubdtype(value.dtype, np.floating):
        raise WeightsError(
            f"The tensor {name!r} in {file} has dtype {value.dtype}. Expected: float32 (or float16, float64).",
            hint="quantised weights must be expanded to float32 first.",
        )
    if tuple(value.shape) != tuple(shape):
        raise WeightsError(
            f"The tensor {name!r} in {file} has shape {tuple(value.shape)}. {network} expects {tuple(shape)}.",
            hint="is it of a wider or narrower variant (width multiplier), or transposed?",
        )
    with np.errstate(over="ignore"):
        converted = np.asarray(value, dtype=np.float32, order="C")
    bad = int(converted.size - np.count_nonzero(np.isfinite(converted)))
    if bad:
        raise WeightsError(
            f"The tensor {name!r} in {file} holds {bad} of {converted.size} values that are NaN or infinite.",
            hint="the file is damaged or comes from a diverged training; download or export it again.",
        )
    return converted


def _some(names: list[str], limit: int = 4) -> str:
    if not names:
        return "nothing"
    more = f", ... ({len(names)} in all)" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
