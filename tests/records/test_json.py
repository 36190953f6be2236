"""Records survive JSON unchanged; whatever does not fit their type hints is refused, with the place named."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frostline import records
from frostline.core.errors import StoreError
from frostline.records import ChannelMoments, Finding, FindingsFile, ImageRecord, InputContract, WeightsRecord
from frostline.records.json import from_json, to_json

RECORDS = [item for item in vars(records).values() if dataclasses.is_dataclass(item)]

numbers = st.floats(allow_nan=False, allow_infinity=False)
plain_json = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
st.register_type_strategy(float, numbers)


@dataclass(frozen=True, slots=True)
class Corner:
    """Type hints that the project's records do not all use."""

    flag: str | int | float | bool
    maybe: tuple[int, ...] | None
    level: Literal[1, "one"]
    names: list[str]
    place: PurePosixPath
    scores: Mapping[str, float] = field(default_factory=dict)


CORNER: dict[str, Any] = {"flag": "x", "maybe": None, "level": 1, "names": ["a"], "place": "a/b"}


def through_json(record):
    return from_json(type(record), json.loads(json.dumps(to_json(record), allow_nan=False)))


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_record_survives_json(kind, data):
    # Fields of free JSON are drawn here: "Any" alone would draw what JSON cannot hold.
    hints = {one.name: one.type for one in dataclasses.fields(kind)}
    free = {
        name: st.dictionaries(st.text(max_size=5), plain_json, max_size=3)
        for name, hint in hints.items()
        if "Mapping[str, Any]" in str(hint)
    }
    record = data.draw(st.builds(kind, **free)) if kind is not FindingsFile else FindingsFile(1, "none", ())
    assert through_json(record) == record


def test_a_nested_record_survives_json():
    finding = Finding(
        cause="leakage",
        kind="validity",
        verdict="confirmed",
        reason=None,
        effect=-0.12,
        ci=(-0.2, -0.04),
        tied_with=("head_bottleneck",),
        cost_seconds=3.5,
        evidence={"pairs": 12, "by_class": {"a": [1, 2]}},
        fix={"group_by": "auto"},
        explanation="Near-duplicates stand on both sides.",
    )
    file = FindingsFile(schema=1, verdict="Not to be trusted.", findings=(finding,))
    assert through_json(file) == file
    assert isinstance(through_json(file).findings[0].ci, tuple)


@pytest.mark.parametrize("flag", [True, False, 3, 0, 1.5, "same"])
def test_graph_flags_keep_their_type(flag):
    record = WeightsRecord("googlenet", "d", "", "s", "l", "", InputContract(), {"padding": flag})
    back = through_json(record)
    assert back == record
    assert type(back.graph_flags["padding"]) is type(flag)


def test_source_statistics_survive():
    moments = ChannelMoments(mean=(0.0, 1.0), std=(1.0, 2.0), origin="measured")
    record = WeightsRecord("googlenet", "d", "", "s", "l", "", InputContract(), {}, {"4e": moments})
    assert through_json(record).source_statistics["4e"] == moments


def test_whole_numbers_are_accepted_as_floats_and_become_floats():
    contract = from_json(InputContract, to_json(InputContract()) | {"scale": 1, "mean": [104, 117, 123]})
    assert contract.mean == (104.0, 117.0, 123.0)
    assert type(contract.scale) is float


def test_numpy_values_become_plain():
    assert to_json({"a": np.float32(0.5), "b": np.int64(3), "c": np.array([[1, 2]]), "d": np.bool_(True)}) == {
        "a": 0.5,
        "b": 3,
        "c": [[1, 2]],
        "d": True,
    }


def test_paths_are_written_with_slashes():
    corner = from_json(Corner, CORNER)
    assert corner.place == PurePosixPath("a/b")
    assert to_json(corner)["place"] == "a/b"


def test_missing_fields_with_defaults_take_them():
    assert from_json(InputContract, {}) == InputContract()
    assert from_json(Corner, CORNER).scores == {}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"flag": None}, r"Corner\.flag must be str or int or float or bool\. Received: None"),
        ({"flag": [1]}, r"Corner\.flag must be"),
        ({"maybe": [1, "2"]}, r"Corner\.maybe\[1\] must be of type int\. Received: '2'"),
        ({"maybe": 3}, r"Corner\.maybe must be a list"),
        ({"maybe": [True]}, r"Corner\.maybe\[0\] must be of type int\. Received: True"),
        ({"level": True}, r"Corner\.level must be one of"),
        ({"level": "two"}, r"Corner\.level must be one of"),
        ({"names": "ab"}, r"Corner\.names must be a list"),
        ({"names": [1]}, r"Corner\.names\[0\] must be of type str"),
        ({"place": 1}, r"Corner\.place must be of type PurePosixPath"),
        ({"scores": {"a": "high"}}, r"Corner\.scores\.a must be of type float\. Received: 'high'"),
        ({"scores": {"a": True}}, r"Corner\.scores\.a must be of type float"),
        ({"scores": [1]}, r"Corner\.scores must be an object"),
        ({"colour": "red"}, r"Corner has unknown keys \['colour'\]\. Known: \["),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change, complaint):
    with pytest.raises(StoreError, match=complaint):
        from_json(Corner, CORNER | change)


@pytest.mark.parametrize("missing", ["flag", "maybe", "level"])
def test_a_missing_key_is_named(missing):
    value = {key: item for key, item in CORNER.items() if key != missing}
    with pytest.raises(StoreError, match=f"Corner lacks the key '{missing}'"):
        from_json(Corner, value)


@pytest.mark.parametrize("value", [None, 3, "text", [1]])
def test_what_is_no_object_is_refused(value):
    with pytest.raises(StoreError, match="ImageRecord must be an object"):
        from_json(ImageRecord, value)


def test_a_tuple_of_another_length_is_refused():
    with pytest.raises(StoreError, match=r"InputContract\.mean must have 3 items"):
        from_json(InputContract, {"mean": [1.0, 2.0]})


@given(plain_json)
def test_nothing_but_a_store_error_comes_out_of_free_json(value):
    try:
        from_json(Corner, value)
    except StoreError:
        pass
    else:
        pytest.fail("free JSON became a record")
