"""Conformance suite for health checks: what every registered check must hold to."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from frostline.data import Dataset
from frostline.records import CheckResult, to_json


def assert_check_conforms(name: str, check: Callable[[Dataset], CheckResult], dataset: Dataset) -> CheckResult:
    """Run a check and assert what is asked of all of them.

    It names itself as registered, is repeatable, changes nothing, gives one plain sentence and figures that are plain
    JSON without NaN, names only files of the data set, and does not need the files any more.

    Args:
        name: it is registered under.
        check: the check.
        dataset: any small data set.

    Raises:
        AssertionError: it does not conform.
    """
    digest = dataset.digest
    result = check(dataset)
    assert isinstance(result, CheckResult), f"{name} returned {type(result).__name__}"
    assert result.check == name, f"{name} calls itself {result.check}"
    assert result.severity in ("ok", "note", "warning", "error"), result.severity
    assert result.summary.endswith(".") and "\n" not in result.summary, result.summary
    json.dumps(to_json(result), allow_nan=False)
    assert all(0 < len(shown) <= 10 for shown in result.examples.values()), f"{name}: empty or too many examples"
    assert dataset.digest == digest, f"{name} changed the data set"
    without_files = dataclasses.replace(dataset, root=None, arrays=None)
    assert to_json(check(without_files)) == to_json(result), f"{name} is not repeatable or opens files"
    return result
