"""A file is the old one or the new one, whatever happens while it is written."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from frostline.core import store
from frostline.core.errors import StoreError
from frostline.core.store import atomic_file, read_json, remember, write_json, write_text

posix_only = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and signals")

SIZE = 400_000
WRITER = """
import sys
from pathlib import Path
from frostline.core.store import atomic_file
path, size = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
turn = 0
while True:
    turn += 1
    letter = b"abcdefghijklmnopqrstuvwxyz"[turn % 26 : turn % 26 + 1]
    with atomic_file(path) as stream:
        for _ in range(100):
            stream.write(letter * (size // 100))
"""


def test_writes_bytes_and_text(tmp_path):
    with atomic_file(tmp_path / "a.bin") as stream:
        stream.write(b"\x00\xff")
    write_text(tmp_path / "a.txt", "Ψ\nline\r\n")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"
    assert (tmp_path / "a.txt").read_bytes() == "Ψ\nline\r\n".encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "a.txt"]


def test_makes_the_folder(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_nothing_is_visible_before_the_end(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with atomic_file(path, mode="w") as stream:
        stream.write("new")
        stream.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("problem", [RuntimeError("boom"), KeyboardInterrupt()])
def test_a_block_that_raises_leaves_the_old_file_and_no_other(tmp_path, problem):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(type(problem)), atomic_file(path, mode="w") as stream:
        stream.write("half")
        raise problem
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_a_store_error_that_says_what_to_do(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(StoreError, match=r"Could not write .*a\.txt: No space left") as caught, atomic_file(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.hint is not None
    assert "--out" in caught.value.hint
    assert path.read_text() == "old"


def test_a_folder_that_is_a_file_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="Could not write"):
        write_text(tmp_path / "file" / "a.txt", "x")


def test_another_file_that_fails_inside_the_block_is_not_blamed_on_this_one(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_file(tmp_path / "a.txt", mode="w") as stream:
        stream.write((tmp_path / "elsewhere" / "missing.txt").read_text())
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_the_mode_follows_the_umask(tmp_path):
    write_text(tmp_path / "a.txt", "x")
    (tmp_path / "plain.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


@posix_only
def test_the_file_is_flushed_before_the_rename_and_the_folder_after(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, store.Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("fsync"), fsync(descriptor))[1])
    monkeypatch.setattr(store.Path, "replace", lambda self, target: (events.append("rename"), replace(self, target))[1])
    write_text(tmp_path / "a.txt", "x")
    assert events == ["fsync", "rename", "fsync"]


@posix_only
def test_sigkill_while_writing_leaves_a_whole_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"-" * SIZE)
    chance = random.Random(7)
    seen = set()
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, str(path), str(SIZE)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.08))
            process.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == SIZE
        assert len(set(content)) == 1, "a mixture of two writes"
        seen.add(content[:1])
    assert seen != {b"-"}, "the writer never got as far as one write"


def test_json_round_trip(tmp_path):
    value = {"name": "Ψ", "values": [1, 2.5, None, True]}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert "Ψ" in (tmp_path / "a.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_what_json_has_not(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"x": value})
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"a\.json does not exist"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": NaN}', b"\xff\xfe", b"[1, 2"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"a\.json cannot be read as JSON"):
        read_json(tmp_path / "a.json")


def test_remember_computes_once(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return {"answer": 42}

    first = remember(tmp_path / "a.json", compute)
    second = remember(tmp_path / "a.json", compute)
    assert first == second == {"answer": 42}
    assert len(calls) == 1


def test_remember_computes_again_what_cannot_be_read(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b'{"answ')
    assert remember(path, lambda: [1]) == [1]
    assert json.loads(path.read_text()) == [1]


def test_remember_keeps_nothing_of_a_computation_that_failed(tmp_path):
    def fail():
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        remember(tmp_path / "a.json", fail)
    assert list(tmp_path.iterdir()) == []


def test_remember_computes_again_what_lacks_a_key(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "a.json"
    path.write_text("[1]")
    assert remember(path, lambda: {"a": 1}, keys=["a"]) == {"a": 1}
    assert remember(path, lambda: {"a": 2}, keys=["a"]) == {"a": 1}
    assert remember(path, lambda: {"a": 3, "b": 3}, keys=["a", "b"]) == {"a": 3, "b": 3}
