"""Keys, shards, eviction."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from tests.activations.fakes import images

from frostline.activations import ActivationKey, ActivationStore, extract
from frostline.activations.shards import compact, read_shard, write_shard
from frostline.core.errors import CorruptEntryError
from frostline.records import InputContract, from_json, to_json

KEY = ActivationKey("net", "w" * 64, {"bn": True}, InputContract(), "c1", "mean", "openvino", "float32")


@pytest.mark.parametrize(
    "change",
    [
        {"backbone": "other"},
        {"weights": "v" * 64},
        {"graph_flags": {"bn": False}},
        {"contract": InputContract(resize="squash")},
        {"contract": InputContract(size=192)},
        {"contract": InputContract(mean=(0.0, 0.0, 1.0))},
        {"cut": "c2"},
        {"pooling": "none"},
        {"engine": "keras"},
        {"precision": "bfloat16"},
        {"view": "edges()"},
        {"augmentation_seed": 1},
        {"format": 2},
    ],
    ids=str,
)
def test_every_ingredient_changes_the_key(change):
    assert replace(KEY, **change).digest != KEY.digest
    assert replace(KEY).digest == KEY.digest
    assert from_json(ActivationKey, to_json(KEY)) == KEY


def test_other_weights_policy_or_engine_are_not_taken_from_the_cache(backbone, store):
    extract(images(4), backbone, ["stem"], store=store)
    for other, options in (
        (backbone.with_random_weights(5), {}),
        (backbone, {"resize": "pad"}),
        (backbone, {"engine": "keras"}),
        (backbone, {"pooling": "none"}),
    ):
        dataset = images(4)
        extract(dataset, other, ["stem"], store=store, **options)
        assert len(dataset.decoded) == 4


def test_shard_round_trip(tmp_path):
    values = np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float16)
    shard = read_shard(write_shard(tmp_path, list("abcde"), values).path)
    shard.verify()
    np.testing.assert_array_equal(shard.open(), values)
    assert shard.manifest.rows == tuple("abcde")
    shard.data_path.write_bytes(shard.data_path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(CorruptEntryError):
        shard.verify()


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([1.0, 3e4], "float16"), ([1.0, 7e4], "float32"), ([1e-6, 3e-6], "float32"), ([0.0], "float16")],
)
def test_float16_only_where_it_fits(values, dtype):
    assert compact(np.array(values, np.float32)).dtype == dtype


def test_least_recently_used_goes_first_and_what_is_in_use_stays(tmp_path):
    rows, values = ["x"], np.zeros((1, 5000), np.float16)
    keys = [KEY.at(f"c{i}") for i in range(4)]
    store = ActivationStore(tmp_path, budget_bytes=50_000)
    for age, key in enumerate(keys):
        shard = ActivationStore(tmp_path).write(key, rows, values)
        os.utime(shard.path, (1e9 + age, 1e9 + age))
    store.locate(keys[0], {"x": 0})

    def kept() -> list[int]:
        return [i for i, key in enumerate(keys) if len(ActivationStore(tmp_path).locate(key, {"x": 0}).maps)]

    assert store.make_room(5_000) == 5_000
    assert kept() == [0, 1, 2, 3]
    for age, key in enumerate(keys):
        for path in store.key_folder(key).glob("*-*.json"):
            os.utime(path, (1e9 + age, 1e9 + age))
    assert store.make_room(15_000) == 15_000
    assert kept() == [0, 2, 3]
    assert store.make_room(10**9) < 50_000
    assert kept() == [0]


def test_mapped_values_survive_eviction_by_another_process(backbone, store):
    found = extract(images(6), backbone, ["stem"], store=store)
    expected = found.read("stem")
    ActivationStore(store.folder, budget_bytes=1).make_room(1)
    assert not list(store.folder.glob("activations/*/*.npy"))
    np.testing.assert_array_equal(found.read("stem"), expected)


def test_what_killed_processes_left_is_removed_when_it_is_old(store):
    folder = store.key_folder(KEY)
    folder.mkdir(parents=True)
    old, fresh, orphan = folder / ".tmp-a.npy", folder / ".tmp-b.npy", folder / "c.npy"
    for path in (old, fresh, orphan):
        path.write_bytes(b"x")
    os.utime(old, (1e9, 1e9))
    os.utime(orphan, (1e9, 1e9))
    store.make_room(1)
    assert [path.exists() for path in (old, fresh, orphan)] == [False, True, False]
