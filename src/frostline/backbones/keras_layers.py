"""Frostline's own Keras layers. Imports Keras: import this module inside functions only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from frostline.core.optional import require_keras
from frostline.records import InputContract

keras: Any = require_keras()
_TRACED_FOR_ENGINE: ContextVar[bool] = ContextVar("traced_for_engine", default=False)
_Layer: Any = keras.layers.Layer
_register = keras.saving.register_keras_serializable(package="frostline")


@contextmanager
def traced_for_engine() -> Iterator[None]:
    """Within it, layers are traced into a TensorFlow graph that an inference engine is to read."""
    token = _TRACED_FOR_ENGINE.set(True)
    try:
        yield
    finally:
        _TRACED_FOR_ENGINE.reset(token)


@_register
class ContractScaling(_Layer):  # type: ignore[misc]
    """RGB pixels 0..255 to what a network's weights expect: ``(image[channel_order] * scale - mean) / std``.

    Shapes: ``(n, h, w, 3)`` to ``(n, h, w, 3)``, float32.

    Args:
        channel_order: ``"rgb"`` or ``"bgr"``.
        scale: factor on the values 0..255.
        mean: three values, subtracted after scaling.
        std: three values, divided by.
    """

    def __init__(
        self,
        channel_order: str = "rgb",
        scale: float = 1.0,
        mean: tuple[float, ...] = (0.0, 0.0, 0.0),
        std: tuple[float, ...] = (1.0, 1.0, 1.0),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.channel_order = channel_order
        self.scale = float(scale)
        self.mean = tuple(float(value) for value in mean)
        self.std = tuple(float(value) for value in std)
        # One multiplication and one addition per value; folded in double precision, then rounded once.
        factor = self.scale / np.asarray(self.std, dtype=np.float64)
        offset = -np.asarray(self.mean, dtype=np.float64) / np.asarray(self.std, dtype=np.float64)
        self._factor = factor.astype(np.float32)
        self._offset = offset.astype(np.float32)

    @classmethod
    def of(cls, contract: InputContract, **kwargs: Any) -> ContractScaling:
        """The layer that applies the value part of ``contract``."""
        return cls(contract.channel_order, contract.scale, contract.mean, contract.std, **kwargs)

    def call(self, pixels: Any) -> Any:
        """Scale a batch."""
        if self.channel_order == "bgr":
            # Slices and a concatenation, not a reversal: ReverseV2 has no cheap form in ONNX.
            red, green, blue = pixels[..., 0:1], pixels[..., 1:2], pixels[..., 2:3]
            pixels = keras.ops.concatenate([blue, green, red], axis=-1)
        if np.any(self._factor != 1.0):
            pixels = pixels * keras.ops.convert_to_tensor(self._factor, dtype=pixels.dtype)
        if np.any(self._offset != 0.0):
            pixels = pixels + keras.ops.convert_to_tensor(self._offset, dtype=pixels.dtype)
        return pixels

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        own = {"channel_order": self.channel_order, "scale": self.scale, "mean": self.mean, "std": self.std}
        return {**super().get_config(), **own}


@_register
class MomentsPooling(_Layer):  # type: ignore[misc]
    """Mean and mean of squares over positions: ``(n, h, w, c)`` to ``(n, 2, c)``."""

    def call(self, activations: Any) -> Any:
        """Pool a batch."""
        mean = keras.ops.mean(activations, axis=(1, 2))
        mean_of_squares = keras.ops.mean(keras.ops.square(activations), axis=(1, 2))
        return keras.ops.stack([mean, mean_of_squares], axis=1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """``(n, 2, c)``."""
        return (input_shape[0], 2, input_shape[-1])


@_register
class LocalResponseNormalization(_Layer):  # type: ignore[misc]
    """Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3, as Caffe computes it).

    ``y_c = x_c / (k + alpha / depth * sum of x_j^2 over the depth channels around c) ^ 0.75``; the window is cut off
    at the first and last channel. Shapes: ``(n, h, w, c)`` to ``(n, h, w, c)``.

    The window's sum is one of shifted slices. Against a 1x1 convolution with a band matrix, both layers of GoogLeNet
    together, batch 8, two cores: ONNX Runtime 64 and 78 ms, OpenVINO 37 and 73, TensorFlow 35 and 39.
    ``s ^ -0.75`` is ``1 / (sqrt(s) * sqrt(sqrt(s)))``; with a power the same takes 90, 70 and 76 ms. Within
    ``traced_for_engine`` TensorFlow's own operation is traced instead: OpenVINO has a kernel for it (all of GoogLeNet:
    53 images/s against 44), Keras itself does not run faster with it (25 to 32 against 24 to 39).

    Args:
        depth: channels in the window, odd.
        alpha: weight of the sum, over the window's length.
        k: constant under the power.
    """

    def __init__(self, depth: int = 5, alpha: float = 1e-4, k: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.depth = int(depth)
        self.alpha = float(alpha)
        self.k = float(k)

    def call(self, activations: Any) -> Any:
        """Normalise a batch."""
        if _TRACED_FOR_ENGINE.get():
            import tensorflow as tf

            return tf.nn.local_response_normalization(
                activations, self.depth // 2, bias=self.k, alpha=self.alpha / self.depth, beta=0.75
            )
        channels, reach = int(activations.shape[-1]), self.depth // 2
        padded = keras.ops.pad(keras.ops.square(activations), [[0, 0], [0, 0], [0, 0], [reach, reach]])
        window = padded[..., 0:channels]
        for shift in range(1, self.depth):
            window = window + padded[..., shift : shift + channels]
        scale = window * (self.alpha / self.depth) + self.k
        root = keras.ops.sqrt(scale)
        return activations / (root * keras.ops.sqrt(root))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "depth": self.depth, "alpha": self.alpha, "k": self.k}
