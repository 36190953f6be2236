"""The user's groups: images of one author, patient, page, ... named by a pattern over the paths."""

from __future__ import annotations

import re
from collections.abc import Sequence

from frostline.core.errors import DataError, UsageError


def group_names(paths: Sequence[str], pattern: str | None) -> list[str]:
    """The group of each path: ``re.search`` of the pattern; the captured groups that matched, joined by ``/``, else
    the whole match. Without a pattern, the path itself.

    Args:
        paths: below the data folder, ``/`` separators, escaped.
        pattern: a regular expression, or None.

    Raises:
        UsageError: the pattern is no regular expression.
        DataError: a path does not match; the message names the first few and the number.
    """
    if pattern is None:
        return list(paths)
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"The group pattern {pattern!r} is no regular expression: {error}.", hint="see Python's module re."
        ) from error
    names, unmatched = [], []
    for path in paths:
        match = compiled.search(path)
        if match is None:
            unmatched.append(path)
            continue
        names.append("/".join(part for part in match.groups() if part is not None) or match.group())
    if unmatched:
        raise DataError(
            f"The group pattern {pattern!r} matches {len(names)} of {len(paths)} files; {len(unmatched)} do not match, "
            f"e.g. {', '.join(unmatched[:3])}.",
            hint="widen the pattern; it is searched in the path below the data folder, as written here.",
        )
    return names
