"""Containers of weights: what is read, and what is said of files that cannot be."""

from __future__ import annotations

import dataclasses
import shutil
import struct

import numpy as np
import pytest
from safetensors.numpy import save_file

from frostline.backbones import Backbone, backbones, load_backbone, save_safetensors, tensor_digest
from frostline.backbones.loading import with_weights_of
from frostline.core.errors import WeightsError
from frostline.testing.tiny_backbone import TINY, tiny_backbone


@pytest.fixture(scope="module")
def tiny() -> Backbone:
    return tiny_backbone(seed=1)


def load_tiny(path) -> Backbone:
    return with_weights_of(TINY, {}, path)


def test_own_format_round_trip(tiny, tmp_path):
    path = tmp_path / "tiny.safetensors"
    record = save_safetensors(tiny, path)
    again = load_tiny(path)
    assert again.weights.digest == tiny.weights.digest == record.digest
    assert dataclasses.replace(again.weights, file_hash="") == record
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    assert np.array_equal(again.features(images), tiny.features(images))
    with pytest.raises(WeightsError, match="holds weights of 'tiny'"):
        load_backbone("googlenet", path)
    with pytest.raises(WeightsError, match=r"end in \.safetensors"):
        save_safetensors(tiny, tmp_path / "tiny.npz")


def test_own_format_of_trained_weights_says_so(tmp_path):
    backbone = tiny_backbone()
    variable = backbone.whole().weights[0]
    variable.assign(variable * 2)
    record = save_safetensors(backbone, tmp_path / "t.safetensors")
    assert record.digest != backbone.weights.digest
    assert record.source.startswith("trained further from: random")
    assert load_tiny(tmp_path / "t.safetensors").weights.digest == record.digest


def test_a_changed_value_in_the_own_format_is_noticed(tiny, tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_safetensors(tiny, path)
    data = bytearray(path.read_bytes())
    data[-4:] = struct.pack("<f", 0.25)
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="own record"):
        load_tiny(path)


def test_the_digest_does_not_depend_on_the_container(tiny, tmp_path):
    tensors = tiny.tensors()
    np.savez(tmp_path / "t.npz", **tensors)
    save_file(tensors, tmp_path / "t.safetensors")
    tiny.whole().save_weights(tmp_path / "t.weights.h5")
    for name in ("t.npz", "t.safetensors", "t.weights.h5"):
        loaded = load_tiny(tmp_path / name)
        assert loaded.weights.digest == tiny.weights.digest, name
        assert loaded.weights.file_hash
        assert loaded.weights.source_statistics["block2"].origin == "batchnorm"
    assert tensor_digest(dict(reversed(tensors.items()))) == tiny.weights.digest


def test_batchnorm_statistics_are_those_of_normal_input(tiny, tmp_path):
    np.savez(tmp_path / "t.npz", **tiny.tensors())
    moments = load_tiny(tmp_path / "t.npz").weights.source_statistics["block1"]
    drawn = np.random.default_rng(0).normal(size=(200_000, 1))
    tensors = tiny.tensors()
    values = np.maximum(drawn * tensors["block1/bn/gamma"] + tensors["block1/bn/beta"], 0)
    assert np.allclose(moments.mean, values.mean(0), atol=0.02)
    assert np.allclose(moments.std, values.std(0), atol=0.02)


def _without(tensors, name):
    return {key: value for key, value in tensors.items() if key != name}


KERNEL = "stem/conv/kernel"
CHANGES = {
    "missing": (lambda t: _without(t, KERNEL), "lacks 1 of the 15 tensors"),
    "extra": (lambda t: {**t, "more": np.zeros(3, np.float32)}, "does not have: more"),
    "misshapen": (lambda t: {**t, KERNEL: t[KERNEL][..., :5]}, r"has shape \(3, 3, 3, 5\)"),
    "integers": (lambda t: {**t, KERNEL: t[KERNEL].astype(np.int8)}, "has dtype int8"),
    "nan": (lambda t: {**t, KERNEL: t[KERNEL] * np.float32("nan")}, "NaN or infinite"),
    "overflow": (lambda t: {**t, KERNEL: t[KERNEL].astype(np.float64) * 1e300}, "NaN or infinite"),
    "another": (lambda t: {"conv1/kernel": np.zeros(3, np.float32)}, "another network"),
}


@pytest.mark.parametrize("container", ["npz", "safetensors"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_fit_is_refused(tiny, tmp_path, container, change):
    alter, message = CHANGES[change]
    tensors = {name: np.ascontiguousarray(value) for name, value in alter(tiny.tensors()).items()}
    path = tmp_path / f"t.{container}"
    np.savez(path, **tensors) if container == "npz" else save_file(tensors, path)
    with pytest.raises(WeightsError, match=message) as caught:
        load_tiny(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("container", ["npz", "safetensors", "weights.h5"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.97])
def test_truncated_files_are_refused(tiny, tmp_path, container, kept):
    path = tmp_path / f"t.{container}"
    if container == "npz":
        np.savez(path, **tiny.tensors())
    elif container == "safetensors":
        save_safetensors(tiny, path)
    else:
        tiny.whole().save_weights(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(WeightsError, match=str(path)) as caught:
        load_tiny(path)
    assert caught.value.hint


def test_files_that_are_no_weights_are_refused(tmp_path):
    cases = {
        "w.pkl": "is a pickle",
        "w.onnx": "not of a kind",
        "w.keras": "model.save_weights",
        "w.npz": "cannot be read",
        "w.safetensors": "cannot be read",
        "w.weights.h5": "cannot be read",
    }
    for name, message in cases.items():
        (tmp_path / name).write_bytes(b"<html>404 not found</html>")
        with pytest.raises(WeightsError, match=message):
            load_tiny(tmp_path / name)
    with pytest.raises(WeightsError, match="does not exist"):
        load_tiny(tmp_path / "nothing.npz")
    with pytest.raises(WeightsError, match="no SavedModel"):
        load_tiny(tmp_path)
    np.savez(tmp_path / "objects.npz", a=np.array([{"a": 1}], dtype=object))
    with pytest.raises(WeightsError, match="plain numbers"):
        load_tiny(tmp_path / "objects.npz")


def test_torch_files_are_read_as_tensors_only(tmp_path):
    import importlib.util

    (tmp_path / "w.pth").write_bytes(b"\x80\x04cos\nsystem\n")
    message = "as tensors only" if importlib.util.find_spec("torch") else "PyTorch is not installed"
    with pytest.raises(WeightsError, match=message) as caught:
        load_backbone("inception_v1", tmp_path / "w.pth")
    assert caught.value.hint


def test_a_damaged_checkpoint_is_refused(shared, tmp_path):
    folder = shared("oracles/inception_v1_slim")
    data = "inception_v1.ckpt.data-00000-of-00001"
    shutil.copy(folder / "inception_v1.ckpt.index", tmp_path)
    for name in ("inception_v1.ckpt.index", "inception_v1.ckpt"):
        with pytest.raises(WeightsError, match="is incomplete"):
            load_backbone("inception_v1", tmp_path / name)
    (tmp_path / data).write_bytes((folder / data).read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="cannot be read"):
        load_backbone("inception_v1", tmp_path / "inception_v1.ckpt")
    (tmp_path / "inception_v1.ckpt.index").write_bytes(b"nonsense")
    with pytest.raises(WeightsError, match="cannot be read"):
        load_backbone("inception_v1", tmp_path / "inception_v1.ckpt")


def test_weights_of_another_backbone_are_refused(shared):
    with pytest.raises(WeightsError, match="another network"):
        load_backbone("inception_v1", shared("weights/googlenet_imagenet.npz"))
    with pytest.raises(WeightsError, match="another network"):
        load_backbone("googlenet", shared("oracles/inception_v1_slim/inception_v1.ckpt.index"))
    with pytest.raises(WeightsError, match=r"mobilenet_v2_imagenet"):
        load_backbone("efficientnet_b0", shared("weights/mobilenet_v2_imagenet.weights.h5"))


@pytest.mark.parametrize("width", [0.25, 0.35, 0.5])
def test_the_width_multiplier_is_read_off_the_file(tmp_path, width):
    backbone = load_backbone("inception_v1", graph_flags={"width": width})
    slim = {
        "InceptionV1/"
        + name.replace("/kernel", "/weights").replace("5b/Branch_2/Conv2d_0b", "5b/Branch_2/Conv2d_0a"): v
        for name, v in backbone.tensors().items()
        if "Mixed_5b/Branch_2/Conv2d_0b" not in name
    }
    quirk = {n: v for n, v in backbone.tensors().items() if "Mixed_5b/Branch_2/Conv2d_0b" in n}
    slim |= {"InceptionV1/" + n.replace("0b", "0a").replace("/kernel", "/weights"): v for n, v in quirk.items()}
    np.savez(tmp_path / "w.npz", **slim, global_step=np.array(3))
    loaded = load_backbone("inception_v1", tmp_path / "w.npz")
    assert loaded.weights.graph_flags["width"] == width
    assert loaded.weights.digest == backbone.weights.digest


def test_keras_files_with_a_classifier_are_read_by_layer(tmp_path):
    import keras

    keras.layers.Conv2D(3, 1)  # numbers given to layers must not matter
    source = keras.applications.EfficientNetB0(weights=None, classes=7, input_shape=(64, 64, 3))
    source.save_weights(tmp_path / "w.weights.h5")
    loaded = load_backbone("efficientnet_b0", tmp_path / "w.weights.h5")
    tensors = loaded.tensors()
    assert np.array_equal(tensors["stem_conv/kernel"], source.get_layer("stem_conv").kernel.numpy())
    assert np.array_equal(tensors["top_conv/kernel"], source.get_layer("top_conv").kernel.numpy())


def test_keras_2_files_are_read_in_order(tmp_path):
    import h5py

    backbone = tiny_backbone(seed=4)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        layers = [(name, layer) for name, layer in backbone.graph().layers.items() if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for _, layer in layers] + [b"predictions"]
        for _, layer in layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{v.name}:0".encode() for v in layer.weights]
            for variable in layer.weights:
                group[f"{layer.name}/{variable.name}:0"] = variable.numpy()
        group = file.create_group("predictions")
        group.attrs["weight_names"] = [b"predictions/kernel:0"]
        group["predictions/kernel:0"] = np.zeros((24, 2), np.float32)
    assert load_tiny(tmp_path / "w.h5").weights.digest == backbone.weights.digest


def test_published_efficientnet_weights_get_their_missing_division(tmp_path):
    import keras

    backbone = load_backbone("efficientnet_b0")
    tensors = backbone.tensors()
    tensors["normalization/mean"] = np.float32([0.485, 0.456, 0.406]).reshape(tensors["normalization/mean"].shape)
    tensors["normalization/variance"] = np.float32([0.229, 0.224, 0.225]).reshape(
        tensors["normalization/variance"].shape
    )
    np.savez(tmp_path / "w.npz", **tensors)
    loaded = load_backbone("efficientnet_b0", tmp_path / "w.npz")
    graph = loaded.graph()
    stem_input = keras.Model(graph.inputs, graph.layers["normalization"].output)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    from frostline.testing.backbones import scale_pixels

    seen = np.asarray(stem_input(scale_pixels(pixels, loaded.contract)))
    # What Keras's network computes with weights="imagenet": (x / 255 - mean) / std.
    wanted = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert np.abs(seen - wanted).max() < 1e-4


def test_known_records_name_registered_backbones():
    from frostline.backbones.known_weights import known_records

    records = known_records().values()
    assert {record.backbone for record in records} <= set(backbones.names())
    for record in records:
        cuts = {cut.name: cut.channels for cut in backbones.get(record.backbone).cuts(record.graph_flags)}
        assert {name: len(moments.mean) for name, moments in record.source_statistics.items()} == cuts
