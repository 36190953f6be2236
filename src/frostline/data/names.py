"""File names that survive CSV, JSON and HTML: one reversible escape, applied once, where a folder is listed."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote_to_bytes

# "%" itself, control characters (newline, tab, ...), line separators, and bytes that are no UTF-8 (surrogates).
_UNSAFE = re.compile("[%\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def escape_name(name: str) -> str:
    """``name`` with its unsafe characters as ``%XX``: printable, valid UTF-8, one line.

    ``ImageRecord.path``, labels and ``SkippedFile.path`` are written like this. Quotes, commas, ``<``, emoji and
    leading dashes stay as they are: CSV quotes them, and the report escapes HTML.
    """
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in os.fsencode(match.group())), name)


def unescape_name(name: str) -> str:
    """The name on the disk for what ``escape_name`` gave."""
    return os.fsdecode(unquote_to_bytes(name.encode())) if "%" in name else name


def file_below(root: Path, path: str) -> Path:
    """The file that an ``ImageRecord.path`` names, below the data folder."""
    return root / unescape_name(path)


def same_looking(names: list[str]) -> list[tuple[str, str]]:
    """Pairs of names that are equal in Unicode's composed form although their bytes differ."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        form = unicodedata.normalize("NFC", name)
        if form in seen:
            pairs.append((seen[form], name))
        seen.setdefault(form, name)
    return pairs


def same_but_case(names: list[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ in upper and lower case only."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        form = name.casefold()
        if form in seen:
            pairs.append((seen[form], name))
        seen.setdefault(form, name)
    return pairs
