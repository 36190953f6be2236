"""Every registered backbone does what a backbone must do."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from frostline.backbones import backbones, describe_backbone, load_backbone
from frostline.core.errors import DataError, RecipeError, UnknownNameError
from frostline.testing.backbones import check_backbone
from frostline.testing.tiny_backbone import tiny_backbone

# Small inputs and some cuts only keep this quick ("slow" has all); every cut's record is checked in any case.
_SIZES = {"inception_v3": 96}
_STEPS = {"inception_v1": 4, "googlenet": 3, "mobilenet_v2": 6}


def _small(name):
    backbone = load_backbone(name, seed=3)
    return backbone.with_contract(dataclasses.replace(backbone.contract, size=_SIZES.get(name, 64)))


@pytest.mark.parametrize("name", backbones.names())
def test_registered_backbone_conforms(name):
    backbone = _small(name)
    names = [cut.name for cut in backbone.cuts]
    check_backbone(backbone, cuts=sorted({*names[1 :: _STEPS.get(name, 8)], names[-1]}, key=names.index))


@pytest.mark.slow
@pytest.mark.parametrize("name", backbones.names())
def test_registered_backbone_conforms_at_every_cut(name):
    check_backbone(_small(name))


@pytest.mark.parametrize("name", backbones.names())
def test_listed_cuts_are_the_graphs(name):
    from frostline.backbones.keras_graph import cuts_of_graph

    network = backbones.get(name)
    flags = network.flags({})
    graph = network.build(network.contract(flags).size, flags)
    assert cuts_of_graph(graph) == describe_backbone(name).cuts


def test_tiny_backbone_conforms_at_every_cut():
    backbone = tiny_backbone()
    assert backbone.contract.size == 32
    assert len(backbone.cuts) == 3
    check_backbone(backbone)


def test_torchvision_port_and_width_conform():
    flags = {"port": "torchvision", "width": 0.25, "transform_input": False}
    backbone = load_backbone("inception_v1", graph_flags=flags)
    assert backbone.cut("Mixed_3b").channels == 16 + 32 + 16 + 16  # never below 16
    check_backbone(
        backbone.with_contract(dataclasses.replace(backbone.contract, size=75)), cuts=["Mixed_3b", "Mixed_5c"]
    )


def test_listing_and_describing_need_no_framework():
    code = (
        "import sys; from frostline.backbones import backbones, describe_backbone\n"
        "assert all(describe_backbone(name).cuts for name in backbones)\n"
        "assert not {'keras', 'tensorflow', 'torch', 'h5py'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unknown_names_are_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="inception_v1"):
        load_backbone("inception_v11")
    with pytest.raises(RecipeError, match="stem, block1, block2"):
        tiny_backbone().prefix("block9")
    with pytest.raises(RecipeError, match="no graph flag"):
        load_backbone("googlenet", graph_flags={"width": 0.5})
    with pytest.raises(RecipeError, match="Unknown pooling"):
        tiny_backbone().tap(["stem"], "max")
    with pytest.raises(RecipeError, match="each once"):
        tiny_backbone().tap(["stem", "stem"])
    with pytest.raises(RecipeError, match="Unknown port"):
        load_backbone("inception_v1", graph_flags={"port": "caffe"})


@pytest.mark.parametrize(
    ("images", "what"),
    [
        (np.zeros((2, 32, 32, 3)), "uint8"),
        (np.zeros((32, 32, 3), np.uint8), r"images\[None\]"),
        (np.zeros((2, 3, 32, 32), np.uint8), "channels come first"),
        (np.zeros((2, 32, 32, 1), np.uint8), "grey"),
        (np.zeros((2, 0, 32, 3), np.uint8), "without pixels"),
        ([1, 2], "numpy.stack"),
    ],
)
def test_features_say_what_is_wrong_with_images(images, what):
    with pytest.raises(DataError, match=what):
        tiny_backbone().features(images)


def test_random_weights_are_those_of_their_seed_and_the_record_says_so():
    first, again, other = (tiny_backbone().with_random_weights(seed) for seed in (5, 5, 6))
    assert first.weights.source == "random, seed 5"
    assert first.weights.digest == again.weights.digest != other.weights.digest
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    assert np.array_equal(first.features(images), again.features(images))


def test_models_share_weights_and_a_copy_does_not():
    backbone = tiny_backbone()
    copy = backbone.copy()
    variable = backbone.prefix("stem").weights[0]
    variable.assign(variable * 0 + 1)
    assert np.all(backbone.whole().weights[0].numpy() == 1)
    assert np.all(backbone.tensors()["stem/conv/kernel"] == 1)
    assert not np.all(copy.tensors()["stem/conv/kernel"] == 1)
    assert backbone.tap(["stem"]) is backbone.tap(["stem"])


def test_frostlines_layers_survive_saving(tmp_path):
    import keras

    from frostline.backbones.googlenet import GOOGLENET

    small = load_backbone("googlenet").with_contract(dataclasses.replace(GOOGLENET.contract({}), size=32))
    tap = small.tap(["conv1", "conv2"], "moments")
    tap.save(tmp_path / "tap.keras")
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype(np.float32)
    for one, other in zip(tap(pixels), keras.models.load_model(tmp_path / "tap.keras")(pixels), strict=True):
        assert np.array_equal(one, other)
