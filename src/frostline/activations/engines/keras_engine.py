"""Keras itself: on accelerators in bfloat16 under XLA, on CPUs as what everything falls back to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.activations.engines.base import Engine, EngineKind, EngineRequest
from frostline.activations.engines.freeze import frozen_function
from frostline.activations.engines.reference import as_list, check_engine, keras_outputs
from frostline.core.optional import require, require_keras

_BATCH = 32


class KerasEngine(Engine):
    """Runs a function of pixels. Batches are filled up to one size, so that one kernel computes every image.

    Args:
        function: float32 ``(b, size, size, 3)`` to a list of arrays.
        precision: the number format it computes in.
    """

    def __init__(self, function: Callable[[NDArray[np.float32]], list[Any]], *, precision: str) -> None:
        self.name = "keras"
        self.precision = precision
        self._function = function

    def run(self, batch: NDArray[np.uint8] | NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See ``Engine.run``."""
        size = _BATCH if len(batch) <= _BATCH else len(batch)
        filled = np.zeros((size, *batch.shape[1:]), np.float32)
        filled[: len(batch)] = batch
        return [np.asarray(output, np.float32)[: len(batch)] for output in self._function(filled)]


def load_float32(request: EngineRequest) -> Engine:
    """Keras in float32. On TensorFlow as a frozen function, else as the model itself."""
    keras = require_keras()
    if keras.backend.backend() == "tensorflow":
        tf = require("tensorflow", extra="tf", purpose="Running a network")
        frozen = frozen_function(request)
        return KerasEngine(lambda batch: [output.numpy() for output in frozen(tf.constant(batch))], precision="float32")
    model = request.backbone.tap(list(request.cuts), request.pooling)
    return KerasEngine(lambda batch: as_list(model.predict_on_batch(batch)), precision="float32")


def load_bfloat16(request: EngineRequest) -> Engine:
    """Keras in bfloat16, weights and outputs in float32, compiled by XLA where the backend is TensorFlow.

    Raises:
        EngineError: the outputs differ too much from float32's.
    """
    keras = require_keras()
    model = request.backbone.tap(list(request.cuts), request.pooling)
    expected = keras_outputs(request)
    size = request.backbone.contract.size
    function: Callable[[NDArray[np.float32]], list[Any]]
    if keras.backend.backend() == "tensorflow":
        tf = require("tensorflow", extra="tf", purpose="Running a network")

        def trace(pixels: Any) -> list[Any]:
            # The policy only matters while the graph is traced; the backbone's layers keep their own.
            with _computing_in(model, "mixed_bfloat16"):
                return [tf.cast(output, tf.float32) for output in as_list(model(pixels, training=False))]

        compiled = tf.function(trace, autograph=False, jit_compile=True)

        def function(batch: NDArray[np.float32]) -> list[Any]:
            return [output.numpy() for output in compiled(tf.constant(batch))]
    else:

        def function(batch: NDArray[np.float32]) -> list[Any]:
            with _computing_in(model, "mixed_bfloat16"):
                outputs = as_list(model(batch, training=False))
            return [keras.ops.convert_to_numpy(keras.ops.cast(output, "float32")) for output in outputs]

    engine = KerasEngine(function, precision="bfloat16")
    check_engine(engine, size, request.cuts, expected)
    return engine


def has_accelerator() -> bool:
    """Whether TensorFlow sees a GPU. Imports TensorFlow only where the machine has one."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1"):
        return False
    if not (Path("/dev/nvidia0").exists() or Path("/dev/kfd").exists()):
        return False
    try:
        tf = require("tensorflow", extra="tf", purpose="Running a network")
    except Exception:
        return False
    return bool(tf.config.list_physical_devices("GPU"))


@contextmanager
def _computing_in(model: Any, policy: str) -> Iterator[None]:
    keras = require_keras()
    layers = [layer for layer in model._flatten_layers(include_self=False) if not hasattr(layer, "layers")]
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = keras.dtype_policies.get(policy)
        yield
    finally:
        for layer, old in zip(layers, before, strict=True):
            layer.dtype_policy = old


KERAS = EngineKind("keras", "float32", lambda: True, load_float32)
KERAS_BFLOAT16 = EngineKind("keras", "bfloat16", has_accelerator, load_bfloat16)
