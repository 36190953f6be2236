"""The native graphs compute what the networks' own implementations computed, within 1e-4."""

from __future__ import annotations

import numpy as np
import pytest

from frostline.backbones import load_backbone


def differences(backbone, images, reference, names):
    outputs = backbone.tap(names).predict_on_batch(images.astype(np.float32))
    return {n: float(np.abs(o - reference[f"mean_{n}"]).max()) for n, o in zip(names, outputs, strict=True)}


@pytest.mark.parametrize("container", ["inception_v1.ckpt", "feature_vector"])
def test_inception_v1_is_tf_slims(shared, container):
    with np.load(shared("oracles/inception_v1_slim/reference.npz")) as arrays:
        reference = dict(arrays)
    backbone = load_backbone("inception_v1", shared("oracles/inception_v1_slim") / container)
    images = reference["input_0_1_uint8"]
    assert np.abs(backbone.features(images) - reference["feature_vector"]).max() < 1e-4
    names = [key.removeprefix("mean_") for key in reference if key.startswith("mean_")]
    assert len(names) == 8
    found = differences(backbone, images, reference, names)
    assert max(found.values()) < 1e-4, found
    assert backbone.weights.graph_flags["port"] == "slim"
    assert backbone.weights.source_statistics["Mixed_5c"].origin == "batchnorm"
    assert "MaxPool_2a_3x3" not in backbone.weights.source_statistics


def test_checkpoint_and_saved_model_have_one_digest(shared):
    folder = shared("oracles/inception_v1_slim")
    records = [load_backbone("inception_v1", folder / name).weights for name in ("inception_v1.ckpt", "feature_vector")]
    assert records[0].digest == records[1].digest


def test_googlenet_is_caffes(shared):
    with np.load(shared("weights/googlenet_reference.npz")) as arrays:
        reference = dict(arrays)
    backbone = load_backbone("googlenet", shared("weights/googlenet_imagenet.npz"))
    found = differences(backbone, reference["images"], reference, [cut.name for cut in backbone.cuts])
    # Activations are in the hundreds here: one part in a million of that.
    assert max(found.values()) < 5e-4, found
    assert np.abs(backbone.features(reference["images"]) - reference["features"]).max() < 1e-4
    assert backbone.weights.trained_on == "ImageNet-1k"
    moments = backbone.weights.source_statistics["inception_5b"]
    assert moments.origin == "measured"
    # Photographs of the statistics include these 14; their mean lies near, on the scale of the spread.
    off = (reference["mean_inception_5b"].mean(0) - np.array(moments.mean)) / (np.array(moments.std) + 1e-6)
    assert np.median(np.abs(off)) < 0.3


def test_mobilenet_v2_is_tensorflows(shared):
    with np.load(shared("weights/mobilenet_v2_reference.npz")) as arrays:
        images, features = arrays["images"], arrays["features"]
    backbone = load_backbone("mobilenet_v2", shared("weights/mobilenet_v2_imagenet.weights.h5"))
    assert np.abs(backbone.features(images) - features).max() < 1e-4
    assert backbone.weights.licence == "Apache-2.0"
    assert set(backbone.weights.source_statistics) == {cut.name for cut in backbone.cuts}
