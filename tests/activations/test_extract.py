"""Extraction: values equal Keras's, each image once, all orders and poolings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.activations.fakes import Images, Told, images

from frostline.activations import ActivationStore, extract
from frostline.backbones import Backbone
from frostline.core.errors import DataError, RecipeError, UnknownNameError, UsageError
from frostline.data import Dataset
from frostline.testing.folders import write_texture_folder

CUTS = ("stem", "block1", "block2")


@pytest.fixture(scope="module")
def spatial(backbone: Backbone) -> list[np.ndarray]:
    """What Keras gives at the three cuts for images(40)."""
    outputs = backbone.tap(list(CUTS), "none")(images(40).values.astype(np.float32), training=False)
    return [np.asarray(output) for output in outputs]


@pytest.mark.parametrize("engine", ["openvino", "keras"])
def test_poolings_equal_numpy_on_keras_outputs(backbone, store, spatial, engine):
    pooled = {
        "none": lambda x: x,
        "mean": lambda x: x.mean(axis=(1, 2)),
        "moments": lambda x: np.stack([x.mean(axis=(1, 2)), (x**2).mean(axis=(1, 2))], axis=1),
    }
    for pooling, pool in pooled.items():
        found = extract(images(40), backbone, CUTS, pooling=pooling, store=store, engine=engine)
        for cut, expected in zip(CUTS, spatial, strict=True):
            values = found.read(cut)
            assert values.dtype == np.float32 and values.shape == pool(expected).shape
            assert found.shape(cut) == values.shape[1:]
            np.testing.assert_allclose(values, pool(expected), atol=6e-4 * np.abs(pool(expected)).max())
            assert found.stored(cut).all()
        assert found.engine == f"{engine} float32"


def test_moments_are_over_images_and_positions(backbone, store, spatial):
    found = extract(images(40), backbone, CUTS, pooling="moments", store=store)
    for cut, expected in zip(CUTS, spatial, strict=True):
        moments = found.moments(cut)
        flat = expected.reshape(-1, expected.shape[-1]).astype(np.float64)
        np.testing.assert_allclose(moments.mean, flat.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(moments.std, flat.std(axis=0), atol=1e-4)
    with pytest.raises(UsageError, match="moments"):
        extract(images(40), backbone, CUTS, store=store).moments("stem")


def test_a_second_run_decodes_and_runs_nothing(backbone, store):
    first = extract(images(20), backbone, CUTS, store=store)
    again = images(20)
    second = extract(again, backbone, CUTS[::-1], store=ActivationStore(store.folder))
    assert again.decoded == []
    for cut in CUTS:
        np.testing.assert_array_equal(first.read(cut), second.read(cut))


def test_only_new_images_and_new_cuts_are_run(backbone, store):
    extract(images(20), backbone, ["stem"], store=store)
    more = Images(np.concatenate([images(5, seed=1).values, images(20).values]))
    found = extract(more, backbone, ["stem"], store=store)
    assert sorted(more.decoded) == [0, 1, 2, 3, 4]
    assert found.read("stem").shape == (25, 8)
    more.decoded.clear()
    extract(more, backbone, ["stem", "block2"], store=store)
    assert sorted(more.decoded) == list(range(25))


def test_duplicates_run_once_and_order_is_kept(backbone, store):
    values = images(6).values
    doubled = Images(values[[0, 1, 0, 2, 3, 3, 4, 5, 0]])
    found = extract(doubled, backbone, ["block2"], store=store)
    assert sorted(doubled.decoded) == [0, 1, 3, 4, 6, 7]
    single = extract(images(6), backbone, ["block2"], store=store).read("block2")
    np.testing.assert_array_equal(found.read("block2"), single[[0, 1, 0, 2, 3, 3, 4, 5, 0]])
    np.testing.assert_array_equal(found.rows("block2", [8, 3, 3]), single[[0, 2, 2]])


def test_an_image_does_not_depend_on_its_batch(backbone, tmp_path):
    for engine in ("openvino", "keras"):
        small = extract(
            images(11), backbone, CUTS, store=ActivationStore(tmp_path / f"{engine}3"), engine=engine, batch_size=3
        )
        large = extract(
            images(11), backbone, CUTS, store=ActivationStore(tmp_path / engine), engine=engine, batch_size=32
        )
        for cut in CUTS:
            np.testing.assert_array_equal(small.read(cut), large.read(cut))


def test_real_folder_and_resize_policy(backbone, store, tmp_path):
    dataset = Dataset.from_folder(write_texture_folder(tmp_path / "data", per_class=6))
    by_policy = {
        r: extract(dataset, backbone, ["block2"], resize=r, store=store).read("block2")
        for r in (None, "squash", "crop")
    }
    np.testing.assert_array_equal(by_policy[None], by_policy["crop"])
    assert not np.allclose(by_policy["squash"], by_policy["crop"])
    pixels = np.stack([dataset.pixels(i, replace(backbone.contract, resize="squash")) for i in range(len(dataset))])
    np.testing.assert_allclose(by_policy["squash"], backbone.features(pixels), atol=2e-3)


def test_an_image_that_vanished_is_named(backbone, store):
    dataset = images(9)
    dataset.broken = {7}
    with pytest.raises(DataError, match=r"a/7\.png could be read when"):
        extract(dataset, backbone, ["stem"], store=store)


def test_what_cannot_be_asked_for(backbone, store):
    for cuts in ([], ["stem", "stem"], ["nowhere"]):
        with pytest.raises(RecipeError, match="each once"):
            extract(images(2), backbone, cuts, store=store)
    with pytest.raises(RecipeError, match="batch size"):
        extract(images(2), backbone, ["stem"], store=store, batch_size=0)
    with pytest.raises(UnknownNameError, match="openvino"):
        extract(images(2), backbone, ["stem"], store=store, engine="openvin")
    with pytest.raises(RecipeError, match="block2"):
        extract(images(2), backbone, ["stem"], store=store).read("block2")
    with pytest.raises(UsageError, match="positive"):
        ActivationStore(store.folder, budget_bytes=0)


def test_no_images(backbone, store):
    empty = Images(np.zeros((0, 32, 32, 3), np.uint8))
    assert extract(empty, backbone, ["stem"], store=store).read("stem").shape == (0, 8)


def test_over_budget_is_said_and_computed_at_each_read(backbone, tmp_path):
    told = Told()
    dataset = images(64)
    tight = ActivationStore(tmp_path / "tight", budget_bytes=40 * (16 * 16 * 8 * 2 + 72))
    found = extract(dataset, backbone, ["stem"], pooling="none", store=tight, progress=told)
    assert "32 images are stored, the others are computed again" in told.text
    assert found.stored("stem").sum() == 32
    roomy = extract(dataset, backbone, ["stem"], pooling="none", store=ActivationStore(tmp_path / "roomy"))
    np.testing.assert_allclose(found.read("stem"), roomy.read("stem"), atol=2e-3)
    np.testing.assert_allclose(found.rows("stem", [60, 2, 60]), roomy.rows("stem", [60, 2, 60]), atol=2e-3)


def test_values_beyond_float16_are_kept_in_float32(backbone, store):
    told = Told()
    tensors = backbone.tensors()
    big = {
        name: value * (1e6 if name.startswith("block2") and name.endswith("gamma") else 1)
        for name, value in tensors.items()
    }
    from frostline.backbones.backbone import Backbone as Plain

    loud = Plain(
        backbone._network,
        flags={},
        contract=backbone.contract,
        weights=replace(backbone.weights, digest="loud"),
        tensors=big,
    )
    found = extract(images(8), loud, ["stem", "block2"], store=store, progress=told).read("block2")
    assert np.isfinite(found).all() and found.max() > 65504
    assert "block2 do not fit into float16" in told.text and "stem do not" not in told.text


def test_cached_run_imports_no_framework(backbone, store, tmp_path):
    folder = write_texture_folder(tmp_path / "data", per_class=4)
    script = f"""
import sys
from pathlib import Path
from frostline.activations import ActivationStore, extract
from frostline.data import Dataset
from frostline.records import from_json, Cut, InputContract, WeightsRecord
class Known:
    name, cuts = "tiny", {backbone.cuts!r}
    contract = {backbone.contract!r}
    weights = {backbone.weights!r}
    def tap(self, cuts, pooling): raise AssertionError("the network was built")
store = ActivationStore({str(store.folder)!r})
found = extract(Dataset.from_folder({str(folder)!r}), Known(), ["stem", "block2"], store=store)
print(found.read("block2").sum())
heavy = {{"keras", "tensorflow", "openvino", "torch"}} & set(sys.modules)
assert not heavy, heavy
"""
    expected = extract(Dataset.from_folder(folder), backbone, ["stem", "block2"], store=store).read("block2").sum()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(float(expected))
