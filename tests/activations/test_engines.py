"""Engines: outputs as Keras's, mismatches noticed, nothing phones home."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from tests.activations.fakes import Told, images

from frostline.activations import extract
from frostline.activations.engines import ENGINES, EngineError, EngineRequest, default_engine, openvino_engine
from frostline.activations.engines.reference import check_engine, keras_outputs, reference_images
from frostline.core.progress import SilentProgress

CUTS = ("stem", "block1", "block2")
PIXELS = np.random.default_rng(3).integers(0, 256, (37, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def expected(backbone):
    return [np.asarray(x) for x in backbone.tap(list(CUTS), "mean")(PIXELS.astype(np.float32), training=False)]


@pytest.mark.parametrize(("name", "tolerance"), [("openvino", 1e-5), ("openvino-bfloat16", 2e-2), ("keras", 1e-5)])
def test_engine_gives_what_keras_gives(backbone, tmp_path, expected, name, tolerance):
    kind = ENGINES.get(name)
    engine = kind.load(EngineRequest(backbone, CUTS, "mean", tmp_path, SilentProgress()))
    assert (engine.name, engine.precision) == (kind.name, kind.precision)
    for pixels in (PIXELS, PIXELS.astype(np.float32)):
        for got, wanted in zip(engine.run(pixels), expected, strict=True):
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, wanted, atol=tolerance * np.abs(wanted).max())
    streamed = list(engine.stream(iter([PIXELS[:20], PIXELS[20:]])))
    for cut, whole in enumerate(engine.run(PIXELS)):
        np.testing.assert_array_equal(np.concatenate([part[cut] for part in streamed]), whole)


def test_keras_in_bfloat16_leaves_the_backbone_as_it_was(backbone, tmp_path, expected):
    engine = ENGINES.get("keras-bfloat16").load(EngineRequest(backbone, CUTS, "mean", tmp_path, SilentProgress()))
    for got, wanted in zip(engine.run(PIXELS), expected, strict=True):
        np.testing.assert_allclose(got, wanted, atol=3e-2 * np.abs(wanted).max())
    after = backbone.tap(list(CUTS), "mean")(PIXELS.astype(np.float32), training=False)
    np.testing.assert_array_equal(np.asarray(after[2]), expected[2])


def test_a_mismatch_is_noticed(backbone, tmp_path):
    request = EngineRequest(backbone, CUTS, "mean", tmp_path, SilentProgress())
    engine = ENGINES.get("openvino").load(request)
    reference = keras_outputs(request)
    check_engine(engine, 32, CUTS, reference)
    for wrong in (reference[2] * 1.01, reference[2] * np.nan, reference[2][:, :-1]):
        with pytest.raises(EngineError, match="block2"):
            check_engine(engine, 32, CUTS, [*reference[:2], wrong])
    assert reference_images(32).shape == (4, 32, 32, 3)


def test_keras_takes_over_says_so_and_it_is_remembered(backbone, store, monkeypatch):
    monkeypatch.setattr(openvino_engine, "keras_outputs", lambda request: [x + 1 for x in keras_outputs(request)])
    told = Told()
    found = extract(images(4), backbone, ["stem"], store=store, engine="openvino", progress=told)
    assert "Keras runs the network instead of openvino" in told.text and "differs from Keras" in told.text
    assert found.engine == "keras float32"
    again, dataset = Told(), images(4)
    extract(dataset, backbone, ["stem"], store=store, engine="openvino", progress=again)
    assert "Converting" not in again.text and dataset.decoded == []


def test_default_on_a_machine_without_accelerator(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert default_engine() is ENGINES.get("openvino")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert default_engine() is ENGINES.get("keras")


def test_openvino_without_its_telemetry():
    script = """
import sys
from frostline.activations.engines.openvino_engine import import_openvino
import_openvino()
assert not [name for name in sys.modules if name.startswith("openvino_telemetry")]
from openvino.tools.ovc import telemetry_utils
assert telemetry_utils.tm.__name__.endswith("telemetry_stub"), telemetry_utils.tm
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
