"""A tapped Keras model as a TensorFlow graph with its weights as constants."""

from __future__ import annotations

from typing import Any

from frostline.activations.engines.base import EngineError, EngineRequest
from frostline.activations.engines.reference import as_list
from frostline.core.optional import require, require_keras


def frozen_function(request: EngineRequest) -> Any:
    """The tap as a concrete TensorFlow function of float32 ``(n, size, size, 3)``, one output per cut.

    As constants the weights can be folded (BatchNorm into the convolutions) and laid out once; measured 1.6 times as
    many images per second as ``predict`` on Inception v1.

    Raises:
        EngineError: Keras runs on another backend than TensorFlow.
    """
    keras = require_keras()
    if keras.backend.backend() != "tensorflow":
        raise EngineError(
            f"Converting a graph needs Keras on TensorFlow. Received: Keras on {keras.backend.backend()}.",
            hint="unset KERAS_BACKEND.",
        )
    tf = require("tensorflow", extra="tf", purpose="Converting a graph")
    constants = require("tensorflow.python.framework.convert_to_constants", extra="tf", purpose="Converting a graph")
    size = request.backbone.contract.size
    model = request.backbone.tap(list(request.cuts), request.pooling)

    def run(pixels: Any) -> list[Any]:
        return [tf.identity(output) for output in as_list(model(pixels, training=False))]

    from frostline.backbones.keras_layers import traced_for_engine

    function = tf.function(run, autograph=False)
    with traced_for_engine():
        concrete = function.get_concrete_function(tf.TensorSpec((None, size, size, 3), tf.float32, name="pixels"))
    return constants.convert_variables_to_constants_v2(concrete)
