"""The conformance suite of causes: what every registered one must satisfy."""

from __future__ import annotations

import json
import re
from typing import get_args

from frostline.diagnose.case import Case
from frostline.diagnose.cause import Cause
from frostline.records import FindingKind, to_json

_SOURCE = re.compile(r"arXiv|ACM|IEEE|doi|\d{4}\)")


def check_cause(kind: type[Cause], case: Case) -> None:
    """Check a cause against a case that has probes by depth.

    Args:
        kind: the cause's class.
        case: any case with at least two cuts measured.

    Raises:
        AssertionError: it says what is wrong.
    """
    cause = kind()
    assert re.fullmatch(r"[a-z][a-z0-9_]*", cause.id), f"{cause.id!r} is not in snake case"
    assert cause.kind in get_args(FindingKind), f"{cause.id}: unknown kind {cause.kind!r}"
    assert cause.title, f"{cause.id} has no title"
    assert not vars(cause), f"{cause.id} has state: {vars(cause)}"
    symptom = cause.symptom(case)
    json.dumps(to_json(symptom.evidence), allow_nan=False)
    assert cause.symptom(case) == symptom, f"{cause.id}: the symptom changes from call to call"
    explanation = cause.explain(case, None)
    assert len(explanation) > 80, f"{cause.id}: an explanation is a paragraph. Received: {explanation!r}"
    assert _SOURCE.search(explanation), f"{cause.id}: the explanation names no source"
    if symptom.not_applicable:
        return
    comparison = cause.comparison(case)
    assert comparison.with_fix != comparison.without, f"{cause.id} compares an experiment with itself"
    assert comparison == cause.comparison(case), f"{cause.id}: the experiment changes from call to call"
    for experiment in (comparison.with_fix, comparison.without):
        json.dumps(to_json(experiment), allow_nan=False)
