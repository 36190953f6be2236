import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostline.core.hashing import hash_bytes, hash_file, hash_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_known_hash():
    assert hash_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert hash_bytes(memoryview(b"abc")) == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_file_hashes_as_its_bytes(tmp_path, size):
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "a"
    path.write_bytes(content[:size])
    assert hash_file(path) == hash_bytes(content[:size])


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        hash_file(tmp_path / "missing")


def test_canonical_form():
    assert hash_json({"b": 1, "a": [1, 2]}) == hash_bytes(b'{"a":[1,2],"b":1}')


@given(st.dictionaries(st.text(), json_values, max_size=6))
def test_the_order_of_keys_does_not_count(value):
    assert hash_json(value) == hash_json(dict(reversed(value.items())))


@given(json_values, json_values)
def test_different_values_hash_differently(one, other):
    if repr(one) != repr(other) and one != other:
        assert hash_json(one) != hash_json(other)


def test_tuples_hash_as_lists():
    assert hash_json((1, (2, 3))) == hash_json([1, [2, 3]])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_has_not_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        hash_json([value])
