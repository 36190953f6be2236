"""Atomic writes: a file is either the old one or the new one, also after SIGKILL or a full disk."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from frostline.core.errors import StoreError

# Some network file systems answer so to a folder's fsync; the file itself is on disk by then.
_CANNOT_SYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EBADF}


@contextmanager
def atomic_file(path: Path, *, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a temporary neighbour of ``path`` for writing; rename it over ``path`` when the block ends well.

    The file is flushed to disk before the rename, and its folder after it. When the block raises, ``path`` is left
    as it was and the temporary file is removed. Temporary files are named ``.tmp-*``: a killed process leaves its own.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
    """
    temporary = path.with_name(f".tmp-{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    encoding, newline = (None, None) if "b" in mode else ("utf-8", "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open(mode.replace("w", "x"), encoding=encoding, newline=newline) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if _is_about_another_file(error, path):
            raise
        raise StoreError(
            f"Could not write {path}: {error.strerror or error}.",
            hint="free space or choose another folder (--out for the run, --cache-dir for the cache); "
            "nothing that was finished is lost, the same command goes on.",
        ) from error
    finally:
        with suppress(OSError):
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
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist.", hint="is this a folder that Frostline wrote?") from error
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read as JSON ({error}).", hint="remove the file; it is computed again."
        ) from error


def remember(path: Path, compute: Callable[[], Any], *, keys: Collection[str] = ()) -> Any:
    """The JSON value stored at ``path``; computed and stored when it is not there or damaged.

    Args:
        path: where it is kept.
        compute: gives the value.
        keys: that the value must have, as an object; one that lacks any is computed again.
    """
    if path.exists():
        try:
            stored = read_json(path)
            if not keys or (isinstance(stored, dict) and set(keys) <= set(stored)):
                return stored
        except StoreError:
            path.unlink(missing_ok=True)
    value = compute()
    write_json(path, value)
    return value


def _is_about_another_file(error: OSError, path: Path) -> bool:
    """Whether the block itself failed on a file of its own, which is not this function's to explain."""
    if not isinstance(error.filename, str):
        return False
    named = Path(error.filename)
    return named != path and named.parent != path.parent and named not in path.parents


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC_FOLDERS:
            raise
    finally:
        os.close(descriptor)
