"""What holds for every record, and the few with behaviour."""

import dataclasses
import inspect

import pytest

from frostline import records
from frostline.records import InputContract

RECORDS = [item for item in vars(records).values() if dataclasses.is_dataclass(item)]


def test_all_names_everything_public():
    public = {name for name, item in vars(records).items() if not name.startswith("_") and not inspect.ismodule(item)}
    assert set(records.__all__) == public


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_records_are_frozen_and_slotted(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_field_is_explained(kind):
    explained = (inspect.getdoc(kind) or "").partition("Attributes:")[2]
    assert [one.name for one in dataclasses.fields(kind) if one.name not in explained] == []


@pytest.mark.parametrize(
    ("contract", "colour"),
    [
        (InputContract(), (0, 0, 0)),
        (InputContract(channel_order="bgr", mean=(104.0, 117.0, 123.0)), (123, 117, 104)),
        (InputContract(scale=1 / 127.5, mean=(1.0, 1.0, 1.0)), (128, 128, 128)),
        (InputContract(scale=1 / 255, mean=(0.485, 0.456, 0.406)), (124, 116, 104)),
        (InputContract(mean=(-5.0, 300.0, 0.0)), (0, 255, 0)),
    ],
)
def test_padding_has_the_colour_the_network_sees_as_nearest_to_zero(contract, colour):
    assert contract.pad_rgb == colour
