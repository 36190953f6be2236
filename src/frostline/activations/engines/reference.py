"""Does an engine give what Keras gives? A few fixed images, and how far the outputs may be apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.activations.engines.base import Engine, EngineError, EngineRequest
from frostline.core.optional import require_keras

# Largest difference allowed, relative to the largest output of the cut. Measured on Inception v1, v3, MobileNetV2:
# float32 3e-6, bfloat16 7e-3.
TOLERANCE = {"float32": 1e-4, "bfloat16": 3e-2}


def reference_images(size: int) -> NDArray[np.uint8]:
    """Four images that use the whole range: two of noise, two of broad patches. uint8 ``(4, size, size, 3)``."""
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    coarse = generator.integers(0, 256, (2, 7, 7, 3), dtype=np.uint8)
    index = np.arange(size) * 7 // size
    return np.concatenate([noise, coarse[:, index][:, :, index]])


def keras_outputs(request: EngineRequest) -> list[NDArray[np.float32]]:
    """What Keras itself gives for the reference images: the model called as it is, in float32."""
    keras = require_keras()
    model = request.backbone.tap(list(request.cuts), request.pooling)
    outputs = model(reference_images(request.backbone.contract.size).astype(np.float32), training=False)
    return [np.asarray(keras.ops.convert_to_numpy(output), np.float32) for output in as_list(outputs)]


def check_engine(engine: Engine, size: int, cuts: Sequence[str], expected: Sequence[NDArray[np.float32]]) -> None:
    """Compare an engine with Keras.

    Raises:
        EngineError: another shape, values that are not finite, or a difference above ``TOLERANCE``.
    """
    allowed = TOLERANCE[engine.precision]
    for cut, wanted, got in zip(cuts, expected, engine.run(reference_images(size)), strict=True):
        if got.shape != wanted.shape:
            raise EngineError(f"{engine.name} gives shape {got.shape} at {cut}. Expected, as Keras: {wanted.shape}.")
        apart = float(np.max(np.abs(got - wanted), initial=0.0))
        largest = float(np.max(np.abs(wanted), initial=0.0))
        if not apart <= allowed * largest:  # also when it is NaN
            raise EngineError(
                f"{engine.name} differs from Keras by {apart:.3g} at {cut}. "
                f"Allowed: {allowed:g} of the largest output, {largest:.3g}."
            )


def as_list(outputs: Any) -> list[Any]:
    """A model's outputs as a list, also when there is one only."""
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]
