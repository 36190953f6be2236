"""Atomic writes: a file is either the old one or the new one, also after SIGKILL or a full disk."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from frostline.core.errors import StoreError


@contextmanager
def atomic_file(path: Path, *, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a temporary neighbour of ``path`` for writing; rename it over ``path`` when the block ends well.

    The file is flushed to disk before the rename, and its folder after it. When the block raises, ``path`` is left
    as it was and the temporary file is removed.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        encoding = None if "b" in mode else "utf-8"
        newline = None if "b" in mode else ""
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-", suffix=path.suffix)
        temporary = Path(name)
        with os.fdopen(descriptor, mode, encoding=encoding, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        temporary = None
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"Could not write {path}: {error.strerror or error}.",
            hint="free space or choose another folder (--out for the run, --cache-dir for the cache); "
            "nothing that was finished is lost, the same command goes on.",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically."""
    with atomic_file(path, mode="w") as stream:
        stream.write(text)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically. NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file that Frostline wrote.

    Raises:
        StoreError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist.", hint="is this a folder that Frostline wrote?") from error
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read as JSON ({error}).", hint="remove the file; it is computed again."
        ) from error


def remember(path: Path, compute: Callable[[], Any]) -> Any:
    """The JSON value stored at ``path``; computed and stored when it is not there or cannot be read."""
    if path.exists():
        try:
            return read_json(path)
        except StoreError:
            path.unlink(missing_ok=True)
    value = compute()
    write_json(path, value)
    return value


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
