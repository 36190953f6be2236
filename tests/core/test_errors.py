"""The tree in the module's docstring is the tree of the classes."""

import inspect
import re

import pytest

from frostline.core import errors

EXIT_CODE_USAGE = 2


def _classes() -> dict[str, type[errors.FrostlineError]]:
    return {
        name: item
        for name, item in vars(errors).items()
        if inspect.isclass(item) and issubclass(item, errors.FrostlineError)
    }


def _told_tree() -> dict[str, str]:
    """Child to parent, as drawn in the docstring."""
    parents: dict[int, str] = {}
    told = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([ │├└─]*)(\w+(?:Error))\b", line)
        if match is None:
            continue
        depth, name = len(match[1]), match[2]
        above = [level for level in parents if level < depth]
        if above:
            told[name] = parents[max(above)]
        parents = {level: who for level, who in parents.items() if level < depth} | {depth: name}
    return told


def test_the_docstring_draws_the_real_tree():
    real = {name: item.__base__.__name__ for name, item in _classes().items() if name != "FrostlineError"}
    assert _told_tree() == real


def test_every_error_is_one_of_ours():
    assert all(issubclass(item, errors.FrostlineError) for item in _classes().values())
    assert issubclass(errors.FrostlineError, Exception)


@pytest.mark.parametrize("name", sorted(_classes()))
def test_exit_codes(name):
    item = _classes()[name]
    assert item.exit_code == (EXIT_CODE_USAGE if issubclass(item, errors.UsageError) else 1)


def test_the_hint_stands_on_a_line_of_its_own():
    error = errors.DataError("No images in photos/.", hint="give the folder that holds one folder per class.")
    assert str(error).splitlines() == [
        "No images in photos/.",
        "  What to do: give the folder that holds one folder per class.",
    ]
    assert error.message == "No images in photos/."


def test_without_a_hint_the_message_is_all():
    assert str(errors.StoreError("The cache is read-only.")) == "The cache is read-only."


def test_a_decode_error_has_a_countable_reason():
    error = errors.DecodeError("a.png: 0 bytes.", reason="empty file")
    assert error.reason == "empty file"
    assert isinstance(error, errors.DataError)
