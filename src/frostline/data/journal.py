"""The journal of a scan: what was found in each file, appended as it is found, so that a killed scan goes on."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import IO, Any

from frostline.core.errors import StoreError
from frostline.data.facts import Facts, Refusal
from frostline.data.measure import Measured

_VERSION = 1
_FLUSH_EVERY = 32

Stamp = tuple[str, int, int]


class Journal:
    """Facts by (absolute path, size, time of modification), one JSON line each.

    Lines that cannot be read, such as one that a SIGKILL tore, are left out and computed again. Journals of another
    version are begun anew.

    Args:
        path: appended to; created with its folder.

    Raises:
        StoreError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[Stamp, Facts | Refusal] = {}
        self._unflushed = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = path.read_bytes().split(b"\n") if path.exists() else []
            is_current = bool(lines) and _parse(lines[0]) == {"journal": _VERSION}
            if is_current:
                self._load(lines[1:])
            self._stream: IO[bytes] = path.open("ab" if is_current else "wb")
            self._stream.write(b"\n" if is_current and lines[-1] else b"")
            if not is_current:
                self._write({"journal": _VERSION})
        except OSError as error:
            raise self._failure(error) from error

    def find(self, stamp: Stamp) -> Facts | Refusal | None:
        """What was found in this file when it last had this size and time, or None."""
        return self._known.get(stamp)

    def add(self, stamp: Stamp, found: Facts | Refusal) -> None:
        """Append what was found.

        Raises:
            StoreError: the disk is full.
        """
        kind = "facts" if isinstance(found, Facts) else "refusal"
        try:
            self._write({"stamp": stamp, kind: _to_plain(found)})
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Write what is buffered and close the file."""
        self._stream.close()

    def _write(self, value: Any) -> None:
        self._stream.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        self._unflushed += 1
        if self._unflushed >= _FLUSH_EVERY:
            self._stream.flush()
            self._unflushed = 0

    def _load(self, lines: list[bytes]) -> None:
        for line in lines:
            value = _parse(line)
            try:
                path, size, mtime = value["stamp"]
                known = _facts(value["facts"]) if "facts" in value else Refusal(**value["refusal"])
            except (TypeError, KeyError, ValueError):
                continue
            self._known[(str(path), int(size), int(mtime))] = known

    def _failure(self, error: OSError) -> StoreError:
        return StoreError(
            f"Could not write the scan's journal {self._path}: {error.strerror or error}.",
            hint="free space or choose another run folder; the scan goes on where it stopped.",
        )


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _to_plain(found: Facts | Refusal) -> dict[str, Any]:
    if isinstance(found, Refusal):
        return {"outcome": found.outcome, "reason": found.reason, "detail": found.detail}
    plain = {name: getattr(found, name) for name in Facts.__slots__ if name != "measured"}
    measured = {name: getattr(found.measured, name) for name in Measured.__slots__}
    measured["thumb"] = base64.b64encode(found.measured.thumb).decode()
    return {**plain, "measured": measured}


def _facts(plain: dict[str, Any]) -> Facts:
    measured = dict(plain["measured"])
    red, green, blue = measured["mean_rgb"]
    measured["mean_rgb"] = (float(red), float(green), float(blue))
    measured["thumb"] = base64.b64decode(measured["thumb"])
    return Facts(**{**plain, "measured": Measured(**measured), "notes": tuple(plain["notes"])})
