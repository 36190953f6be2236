"""Kills, full disks, damaged entries, several processes, memory running out."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.activations.fakes import Told, images

from frostline.activations import ActivationStore, extract, writer
from frostline.activations.engines import EngineKind
from frostline.activations.engines.base import Engine
from frostline.core import store as core_store
from frostline.core.errors import DataError, StoreError
from frostline.core.hashing import hash_bytes
from frostline.records import to_json

CUTS = ["stem", "block2"]
ROOT = Path(__file__).parents[2]


def shards(store: ActivationStore) -> list[Path]:
    return sorted(path for path in store.folder.glob("activations/*/*.json") if path.name != "key.json")


def child(
    store: ActivationStore, weights: Path, *, count: int, delay: float = 0.0, rows: int = 64
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.activations.child", str(store.folder), str(weights), ",".join(CUTS)]
    return subprocess.Popen(
        [*command, str(count), str(delay), str(rows)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def weights(backbone, store, tmp_path) -> Path:
    """The weights' record as JSON; the store holds the converted graph already."""
    extract(images(2, seed=9), backbone, CUTS, store=store)
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(to_json(backbone.weights)))
    return path


def test_killed_and_resumed_equals_uninterrupted(backbone, store, weights, tmp_path, monkeypatch):
    before = len(shards(store))
    process = child(store, weights, count=400, delay=0.01)
    deadline = time.monotonic() + 60
    while len(shards(store)) < before + 3 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.communicate()

    monkeypatch.setattr(writer, "_ROWS", 64)
    dataset = images(400)
    resumed = extract(dataset, backbone, CUTS, store=ActivationStore(store.folder))
    assert 0 < len(dataset.decoded) <= 400 - 64
    whole = extract(images(400), backbone, CUTS, store=ActivationStore(tmp_path / "other"))
    for cut in CUTS:
        assert resumed.read(cut).tobytes() == whole.read(cut).tobytes()


@pytest.mark.parametrize("engine", ["openvino", "keras"])
def test_broken_off_and_resumed_equals_uninterrupted(backbone, tmp_path, monkeypatch, engine):
    monkeypatch.setattr(writer, "_ROWS", 64)
    dataset, store = images(150), ActivationStore(tmp_path / "a")
    dataset.broken = {140}
    with pytest.raises(DataError, match=r"a/140\.png"):
        extract(dataset, backbone, CUTS, store=store, engine=engine)
    dataset.broken, dataset.decoded = set(), []
    resumed = extract(dataset, backbone, CUTS, store=store, engine=engine)
    assert sorted(dataset.decoded) == list(range(128, 150))
    whole = extract(images(150), backbone, CUTS, store=ActivationStore(tmp_path / "b"), engine=engine)
    for cut in CUTS:
        assert resumed.read(cut).tobytes() == whole.read(cut).tobytes()


def test_two_processes_share_a_cache(backbone, store, weights):
    both = [child(store, weights, count=300), child(store, weights, count=300)]
    outputs = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    told, dataset = Told(), images(300)
    found = extract(dataset, backbone, CUTS, store=ActivationStore(store.folder), progress=told)
    assert dataset.decoded == [] and told.lines == []
    assert [hash_bytes(found.read(cut).tobytes()) for cut in CUTS] == outputs[0][0].split()


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(bytes(data))


def _other_version(path: Path) -> None:
    manifest = json.loads(path.read_text())
    manifest["manifest"]["format"] = 99
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".npy", _flip),
        (".npy", lambda path: path.write_bytes(path.read_bytes()[:-10])),
        (".npy", Path.unlink),
        (".json", _flip),
        (".json", lambda path: path.write_text("{")),
        (".json", lambda path: path.write_bytes(b"")),
        (".json", _other_version),
    ],
    ids=["flipped bit", "truncated", "vanished", "manifest flipped", "manifest torn", "manifest empty", "version"],
)
def test_damaged_entries_are_set_aside_and_computed_again(backbone, store, damage, suffix):
    expected = extract(images(10), backbone, ["stem"], store=store).read("stem")
    (path,) = shards(store)
    damage(path.with_suffix(suffix))
    told, dataset = Told(), images(10)
    found = extract(dataset, backbone, ["stem"], store=ActivationStore(store.folder), progress=told)
    assert len(dataset.decoded) == 10
    assert "set aside and computed again" in told.text
    assert list((store.folder / "quarantine").iterdir())
    np.testing.assert_array_equal(found.read("stem"), expected)


def test_damaged_graphs_are_converted_again(backbone, store):
    extract(images(3), backbone, ["stem"], store=store)
    for path in (store.folder / "graphs").glob("*/*.bin"):
        _flip(path)
    told = Told()
    extract(images(3, seed=1), backbone, ["stem"], store=ActivationStore(store.folder), progress=told)
    assert "Converting" in told.text
    again = Told()
    extract(images(3, seed=2), backbone, ["stem"], store=ActivationStore(store.folder), progress=again)
    assert again.lines == []


def test_a_full_disk_keeps_finished_shards(backbone, store, weights, monkeypatch):
    monkeypatch.setattr(writer, "_ROWS", 64)
    before, real, left = len(shards(store)), os.fsync, [8]

    def fsync(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(core_store.os, "fsync", fsync)
    with pytest.raises(StoreError, match="No space left"):
        extract(images(300), backbone, CUTS, store=store)
    monkeypatch.setattr(core_store.os, "fsync", real)
    kept = len(shards(store)) - before
    assert kept > 0
    assert not list(store.folder.glob("activations/*/.tmp-*"))
    manifests = {path.stem for path in shards(store)}
    assert {path.stem for path in store.folder.glob("activations/*/*.npy")} == manifests
    dataset = images(300)
    extract(dataset, backbone, CUTS, store=store)
    assert len(dataset.decoded) < 300


def test_memory_running_out_halves_the_batch_and_says_so(backbone, store):
    class Small(Engine):
        name, precision = "small", "float32"

        def run(self, batch):
            if len(batch) > 5:
                raise MemoryError
            return [batch.astype(np.float32).mean(axis=(1, 2))]

    told, dataset = Told(), images(30)
    kind = EngineKind("small", "float32", lambda: True, lambda request: Small())
    found = extract(dataset, backbone, ["stem"], store=store, engine=kind, batch_size=16, progress=told)
    np.testing.assert_allclose(found.read("stem"), dataset.values.mean(axis=(1, 2)), rtol=1e-3)
    assert "lowered to 4" in told.text


def test_exit_while_requests_are_out(backbone, store):
    """Callbacks that come while Python shuts down would abort the process."""
    extract(images(2), backbone, CUTS, store=store)
    (graph,) = (path.parent for path in store.graphs.glob("*/graph.json"))
    script = f"""
from pathlib import Path
import numpy as np
from frostline.activations.engines.graph_cache import read_graph
from frostline.activations.engines.openvino_engine import OpenVinoEngine
engine = OpenVinoEngine(read_graph(Path({str(graph)!r})), 32)
stream = engine.stream([np.zeros((480, 32, 32, 3), np.uint8)] * 50)
next(stream)
raise SystemExit(7)
"""
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 7
