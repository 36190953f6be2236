"""Engines that run a frozen prefix. Built in: OpenVINO (the default on CPUs) and Keras; others by entry point."""

from __future__ import annotations

from frostline.activations.engines.base import Engine, EngineError, EngineKind, EngineRequest
from frostline.activations.engines.keras_engine import KERAS, KERAS_BFLOAT16
from frostline.activations.engines.openvino_engine import OPENVINO, OPENVINO_BFLOAT16
from frostline.core.registry import Registry

ENGINES: Registry[EngineKind] = Registry("engine", entry_point_group="frostline.engines")
ENGINES.register("openvino", OPENVINO)
ENGINES.register("openvino-bfloat16", OPENVINO_BFLOAT16)
ENGINES.register("keras", KERAS)
ENGINES.register("keras-bfloat16", KERAS_BFLOAT16)


def default_engine() -> EngineKind:
    """Keras in bfloat16 where there is an accelerator, else OpenVINO in float32 if installed, else Keras in float32."""
    for kind in (KERAS_BFLOAT16, OPENVINO):
        if kind.available():
            return kind
    return KERAS


__all__ = ["ENGINES", "Engine", "EngineError", "EngineKind", "EngineRequest", "default_engine"]
