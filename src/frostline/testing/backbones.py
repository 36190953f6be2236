"""The conformance suite of backbones: what every backbone, built-in or somebody else's, must do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.backbone import Backbone
from frostline.backbones.tensors import tensor_digest
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract

Array: TypeAlias = NDArray[Any]


def check_backbone(backbone: Backbone, *, cuts: Sequence[str] | None = None, tolerance: float = 1e-4) -> None:
    """Hold a backbone against the promises of ``Backbone``; takes about twice as long as one forward pass per cut.

    * The cuts are ranked from 0, have different names, and never get finer with depth.
    * At each cut, channels and stride are as the record says.
    * ``suffix(prefix(x)) == whole(x)`` at each cut; prefix and suffix share the whole's variables.
    * ``tap`` takes RGB pixels 0..255 called ``pixels`` and gives what contract, prefix and pooling give one by one.
    * ``features`` is float32 and finite, takes any image size, and does not depend on the batch an image is in.
    * The weights' digest is that of the tensors.

    Args:
        backbone: with whatever weights.
        cuts: the cuts to look at; all by default. Fewer for large networks, where time matters.
        tolerance: largest difference allowed, relative to the largest value of what is compared.

    Raises:
        AssertionError: a promise is broken; the message says which, and at which cut.
    """
    generator = np.random.default_rng(0)
    size = backbone.contract.size
    images = generator.integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    _require(backbone.weights.backbone == backbone.name, "the weights' record names another backbone")
    _require(backbone.weights.contract == backbone.contract, "the weights' record has another contract")
    _require(tensor_digest(backbone.tensors()) == backbone.weights.digest, "the digest is not that of the tensors")
    _check_order(backbone.cuts)
    scaled = scale_pixels(images, backbone.contract)
    whole = _run(backbone.whole(), scaled)[0]
    activations = {}
    for cut in backbone.cuts if cuts is None else [backbone.cut(name) for name in cuts]:
        activations[cut.name] = _check_cut(backbone, cut, scaled, whole, tolerance)
    _check_tap(backbone, images, activations, tolerance)
    _check_features(backbone, images, whole, tolerance)


def scale_pixels(images: Array, contract: InputContract) -> Array:
    """The value part of a contract in NumPy: ``(image[channel_order] * scale - mean) / std``, float32.

    Args:
        images: ``(n, h, w, 3)``, RGB, 0..255.
        contract: its channel order, scale, mean and std.
    """
    ordered = images if contract.channel_order == "rgb" else images[..., ::-1]
    scaled = (ordered.astype(np.float64) * contract.scale - np.array(contract.mean)) / np.array(contract.std)
    return np.asarray(scaled, dtype=np.float32)


def _check_order(cuts: tuple[Cut, ...]) -> None:
    _require(bool(cuts), "there is no cut")
    _require(len({cut.name for cut in cuts}) == len(cuts), "two cuts have the same name")
    _require([cut.depth for cut in cuts] == list(range(len(cuts))), "the cuts' depths are not 0, 1, 2, ...")
    strides = [cut.stride for cut in cuts]
    _require(strides == sorted(strides), f"the strides get finer with depth: {strides}")


def _check_cut(
    backbone: Backbone,
    cut: Cut,
    scaled: Array,
    whole: Array,
    tolerance: float,
) -> Array:
    prefix, suffix = backbone.prefix(cut.name), backbone.suffix(cut.name)
    activation = _run(prefix, scaled)[0]
    _require(activation.dtype == np.float32, f"{cut.name}: prefix gives {activation.dtype}")
    _require(activation.ndim == 4, f"{cut.name}: prefix gives {activation.ndim} axes")
    _require(activation.shape[-1] == cut.channels, f"{cut.name}: {activation.shape[-1]} channels, not {cut.channels}")
    for side in activation.shape[1:3]:
        # Unpadded convolutions shave up to four positions off.
        most = math.ceil(backbone.contract.size / cut.stride)
        _require(most - 4 <= side <= most, f"{cut.name}: {side} positions at stride {cut.stride}")
    _assert_close(_run(suffix, activation)[0], whole, tolerance, f"{cut.name}: suffix(prefix(x))")
    ids = {id(variable) for variable in backbone.whole().variables}
    shared = all(id(variable) in ids for model in (prefix, suffix) for variable in model.variables)
    _require(shared, f"{cut.name}: prefix or suffix has variables that the whole does not have")
    return activation


def _check_tap(
    backbone: Backbone,
    images: Array,
    activations: dict[str, Array],
    tolerance: float,
) -> None:
    names = list(activations)
    pixels = images.astype(np.float32)
    for pooling in ("mean", "moments", "none"):
        model = backbone.tap(names, pooling)
        _require([tensor.name for tensor in model.inputs] == ["pixels"], "the tap's input is not called 'pixels'")
        outputs = _run(model, pixels)
        _require(len(outputs) == len(names), "the tap has not one output per cut")
        for name, output in zip(names, outputs, strict=True):
            activation = activations[name].astype(np.float64)
            expected = {
                "none": activation,
                "mean": activation.mean((1, 2)),
                "moments": np.stack([activation.mean((1, 2)), (activation**2).mean((1, 2))], axis=1),
            }[pooling]
            _assert_close(output, expected, tolerance, f"{name}: tap with pooling {pooling!r}")
    if len(names) > 1:
        first, last = _run(backbone.tap([names[-1], names[0]]), pixels)
        _require(
            first.shape[-1] == backbone.cut(names[-1]).channels, "the tap's outputs are not in the order asked for"
        )
        _require(last.shape[-1] == backbone.cut(names[0]).channels, "the tap's outputs are not in the order asked for")


def _check_features(
    backbone: Backbone,
    images: Array,
    whole: Array,
    tolerance: float,
) -> None:
    features = backbone.features(images)
    _require(features.dtype == np.float32, f"features are {features.dtype}")
    _require(features.shape == (len(images), backbone.cuts[-1].channels), f"features have the shape {features.shape}")
    _require(bool(np.isfinite(features).all()), "features are not finite")
    _assert_close(features, whole.mean((1, 2)), tolerance, "features")
    _assert_close(backbone.features(images[1:]), features[1:], tolerance, "features of one image alone")
    other = np.full((1, backbone.contract.size + 9, backbone.contract.size + 30, 3), 128, dtype=np.uint8)
    _require(backbone.features(other).shape == (1, features.shape[1]), "features of another image size")
    _require(backbone.features(images[:0]).shape == (0, features.shape[1]), "features of no images")


def _run(model: Any, inputs: Array) -> list[Array]:
    # Called, not predicted with: each of these models runs once, and compiling it takes much longer than running it.
    keras = require_keras()
    outputs = model(inputs, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [np.asarray(keras.ops.convert_to_numpy(output)) for output in outputs]


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _assert_close(received: Array, expected: Array, tolerance: float, what: str) -> None:
    _require(received.shape == expected.shape, f"{what}: shape {received.shape}, expected {expected.shape}")
    difference = float(np.max(np.abs(received - expected), initial=0.0))
    allowed = tolerance * max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    _require(difference <= allowed, f"{what}: differs by {difference:.3g}, allowed {allowed:.3g}")
