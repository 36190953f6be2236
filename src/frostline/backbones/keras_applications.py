"""Networks of Keras Applications as backbones. Nothing is downloaded; weights come from files."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from frostline.backbones.keras_applications_cuts import CUTS
from frostline.backbones.keras_graph import graph_of_model
from frostline.backbones.network import Flags, Graph, Network
from frostline.backbones.tensors import Tensors
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract

# The networks whose preprocess_input has mode "tf": -1..1. All are evaluated on the central 87.5 %.
_MINUS_ONE_TO_ONE = InputContract(size=224, resize="crop", shorter_side=256, scale=1 / 127.5, mean=(1.0, 1.0, 1.0))
_INCEPTION_V3 = dataclasses.replace(_MINUS_ONE_TO_ONE, size=299, shorter_side=342)
# EfficientNet rescales inside the network.
_AS_IS = InputContract(size=224, resize="crop", shorter_side=256)

_EFFICIENTNET_DEVIATION = (0.229, 0.224, 0.225)


def keras_application(
    name: str,
    constructor: str,
    contract: InputContract,
    summary: str,
    contract_for: Callable[[InputContract, Tensors], InputContract] | None = None,
) -> Network:
    """A network of ``keras.applications``, cut by the rule in ``keras_graph``.

    Args:
        name: in the registry; its cuts must be in ``keras_applications_cuts`` (so that they are known without Keras).
        constructor: name in ``keras.applications``.
        contract: what its published weights expect.
        summary: one line.
        contract_for: see ``Network``.
    """

    def build(size: int, _flags: Flags) -> Graph:
        create = getattr(require_keras().applications, constructor)
        return graph_of_model(create(include_top=False, weights=None, input_shape=(size, size, 3)))

    def cuts(_flags: Flags) -> tuple[Cut, ...]:
        return tuple(Cut(cut, depth, *rest) for depth, (cut, *rest) in enumerate(CUTS[name]))

    network = Network(name, summary, cuts, lambda _flags: contract, build)
    return network if contract_for is None else dataclasses.replace(network, contract_for=contract_for)


def _efficientnet_contract(contract: InputContract, tensors: Tensors) -> InputContract:
    """The published weights' missing division, made up for in the contract.

    Keras divides by the square root of ImageNet's deviation a second time when it loads these weights by the name
    ``"imagenet"``, in a layer that a network without weights lacks. Before the network's own
    ``(x / 255 - m) / sqrt(v)``, the same is ``(x - 255 m (1 - r)) / r`` with r that square root.
    """
    variance = tensors["normalization/variance"].ravel()
    if variance.size != 3 or not np.allclose(variance, _EFFICIENTNET_DEVIATION, atol=1e-3):
        return contract
    roots = [math.sqrt(deviation) for deviation in _EFFICIENTNET_DEVIATION]
    means = tensors["normalization/mean"].ravel().tolist()
    red, green, blue = (255.0 * mean * (1.0 - root) for mean, root in zip(means, roots, strict=True))
    return dataclasses.replace(contract, mean=(red, green, blue), std=(roots[0], roots[1], roots[2]))


KERAS_APPLICATIONS = (
    keras_application(
        "mobilenet_v2", "MobileNetV2", _MINUS_ONE_TO_ONE, "MobileNetV2 1.0 (Sandler et al. 2018), Keras Applications"
    ),
    keras_application(
        "resnet50_v2", "ResNet50V2", _MINUS_ONE_TO_ONE, "ResNet-50 v2 (He et al. 2016), Keras Applications"
    ),
    keras_application(
        "inception_v3", "InceptionV3", _INCEPTION_V3, "Inception v3 (Szegedy et al. 2016), Keras Applications"
    ),
    keras_application(
        "efficientnet_b0",
        "EfficientNetB0",
        _AS_IS,
        "EfficientNet-B0 (Tan and Le 2019), Keras Applications",
        _efficientnet_contract,
    ),
)
