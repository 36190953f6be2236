"""Random weights for a network: the control that says how much of a result is due to pretraining."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.tensors import Shapes


def random_tensors(shapes: Shapes, *, seed: int) -> dict[str, NDArray[np.float32]]:
    """Tensors as they are before any training; the same on every machine and Keras backend.

    Kernels are normal with variance 2 / fan-in (He et al. 2015, eq. 10), depthwise kernels with the fan-in of one
    channel; gammas and moving variances are 1; everything else is 0.

    Args:
        shapes: of all the network's tensors, by name.
        seed: every tensor draws from its own generator, made of the seed and its name.
    """
    return {name: _draw(name, shape, seed) for name, shape in shapes.items()}


def _draw(name: str, shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    variable = name.rpartition("/")[2]
    if variable.endswith("kernel"):
        inputs = shape[:2] if variable == "depthwise_kernel" else shape[:-1]
        fan_in = max(1, int(np.prod(inputs)))
        generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
        drawn: NDArray[np.float64] = generator.standard_normal(shape) * np.sqrt(2.0 / fan_in)
        return drawn.astype(np.float32)
    if variable in ("gamma", "moving_variance", "variance"):
        return np.ones(shape, dtype=np.float32)
    return np.zeros(shape, dtype=np.float32)
