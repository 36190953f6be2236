"""Convolutions and poolings as the ported networks have them. Imports Keras when called."""

from __future__ import annotations

from typing import Any

from frostline.core.optional import require_keras


def convolution(
    inputs: Any,
    filters: int,
    kernel: int,
    *,
    name: str,
    stride: int = 1,
    padding: int | None = None,
    bias: bool = False,
) -> Any:
    """A square 2-D convolution without activation.

    Args:
        inputs: symbolic ``(n, h, w, c)``.
        filters: output channels.
        kernel: height and width.
        name: of the layer.
        stride: in both directions.
        padding: pixels added on every side (Caffe, PyTorch); None for TensorFlow's SAME.
        bias: whether it adds a bias.
    """
    keras = require_keras()
    explicit = padding is not None and (stride > 1 or padding != kernel // 2)
    if explicit and padding:
        inputs = keras.layers.ZeroPadding2D(padding, data_format="channels_last", name=f"{name}__pad")(inputs)
    # At stride 1 an odd kernel's symmetric padding by half of it is SAME, which needs no layer of its own.
    mode = "valid" if explicit else "same"
    return keras.layers.Conv2D(
        filters, kernel, strides=stride, padding=mode, use_bias=bias, data_format="channels_last", name=name
    )(inputs)


def max_pool(inputs: Any, window: int, stride: int, *, name: str, ceil: bool = False) -> Any:
    """A square max pooling.

    Args:
        inputs: symbolic ``(n, h, w, c)``, square.
        window: height and width of the window.
        stride: in both directions.
        name: of the layer.
        ceil: round the output's size up, padding only at the end (Caffe, PyTorch's ``ceil_mode``), instead of
            TensorFlow's SAME.
    """
    keras = require_keras()
    # Padding by one at the end is what SAME does when one row is missing; when the windows fit exactly, VALID.
    exact = ceil and stride > 1 and (int(inputs.shape[1]) - window) % stride == 0
    return keras.layers.MaxPooling2D(
        window, strides=stride, padding="valid" if exact else "same", data_format="channels_last", name=name
    )(inputs)


def batch_norm_relu(inputs: Any, *, name: str, scale: bool) -> Any:
    """Batch normalisation (epsilon 0.001) and ReLU.

    Args:
        inputs: symbolic ``(n, h, w, c)``.
        name: of the normalisation layer; the ReLU's ends in ``__relu``.
        scale: whether the normalisation has a gamma.
    """
    keras = require_keras()
    normalised = keras.layers.BatchNormalization(axis=-1, epsilon=0.001, scale=scale, name=name)(inputs)
    return keras.layers.ReLU(name=f"{name}__relu")(normalised)
