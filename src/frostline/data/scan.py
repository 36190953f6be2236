"""One streaming pass over the files: each is read once, hashed, decoded, measured and forgotten."""

from __future__ import annotations

import os
import stat
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from frostline.core.errors import DecodeError
from frostline.core.hashing import hash_bytes
from frostline.core.progress import Progress
from frostline.data.decode import decode_image, looks_like_image
from frostline.data.facts import Facts, Refusal, facts_of
from frostline.data.journal import Journal
from frostline.data.measure import REDUCED_SIDE
from frostline.data.names import escape_name

# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp",
    ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".jpx", ".avif", ".heic", ".heif",
})
UNSUPPORTED_SUFFIXES = frozenset({
    ".svg", ".svgz", ".psd", ".xcf", ".tga", ".pcx", ".eps", ".exr", ".hdr", ".dcm", ".cr2", ".cr3", ".nef", ".arw",
    ".dng",
})
# fmt: on

# No camera writes such a file; reading it into memory would only endanger the machine.
MAX_FILE_BYTES = 1 << 30

_PENDING_PER_WORKER = 8


def scan_files(
    files: Sequence[Path],
    *,
    progress: Progress,
    journal: Path | None = None,
    workers: int | None = None,
) -> Iterator[Facts | Refusal]:
    """Read every file, in order; at most a few per worker are in memory.

    Args:
        files: what to read.
        progress: told the stage "Reading images" and every file.
        journal: remembers what was found; a scan that was interrupted goes on, and unchanged files (same size and time
            of modification) are not read again.
        workers: threads; by default one per processor, at most 16. Pillow and the hash release Python's lock.

    Yields:
        For each file its facts, or why it is not used. Nothing about a file's content raises.

    Raises:
        StoreError: the journal cannot be written.
    """
    workers = workers or min(16, os.cpu_count() or 1)
    book = Journal(journal) if journal is not None else None
    progress.start("Reading images", len(files))
    executor = ThreadPoolExecutor(workers, thread_name_prefix="frostline-scan")
    pending: deque[Future[Facts | Refusal]] = deque()
    waiting = iter(files)
    try:
        # Pillow warns about damaged metadata on standard error; what matters is in the notes and reasons.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(len(files)):
                while len(pending) < workers * _PENDING_PER_WORKER and (file := next(waiting, None)) is not None:
                    pending.append(executor.submit(_read, file, book))
                found = pending.popleft().result()
                progress.advance()
                yield found
        progress.finish(f"{len(files)} files read")
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
        if book is not None:
            book.close()


def read_bytes(file: Path) -> bytes:
    """The content of a regular file that does not change while it is read.

    Raises:
        DecodeError: it is too large, or it changed twice while it was read.
        OSError: it cannot be read.
    """
    for _ in range(2):
        before = file.stat()
        if not stat.S_ISREG(before.st_mode):
            raise DecodeError("It is a device, socket or pipe.", reason="not a regular file")
        if before.st_size > MAX_FILE_BYTES:
            raise DecodeError(
                f"It has {before.st_size} bytes; at most {MAX_FILE_BYTES} are read.", reason="file too large"
            )
        data = file.read_bytes()
        after = file.stat()
        if len(data) == after.st_size and before.st_mtime_ns == after.st_mtime_ns:
            return data
    raise DecodeError("Its size or time of modification changed while it was read.", reason="changed while read")


def _read(file: Path, book: Journal | None) -> Facts | Refusal:
    try:
        seen = file.stat()
        if not stat.S_ISREG(seen.st_mode):
            return Refusal("ignored", "not a regular file", "It is a device, socket or pipe.")
        stamp = (escape_name(str(file.absolute())), seen.st_size, seen.st_mtime_ns)
        if book is not None and (known := book.find(stamp)) is not None:
            return known
        found = _examine(file)
    except FileNotFoundError:
        return Refusal("skipped", "vanished", "It was listed, and was gone when it was to be read.")
    except PermissionError:
        return Refusal("skipped", "no permission", "It may not be read; change its permissions.")
    except OSError as error:
        return Refusal("skipped", "cannot be read", f"{error.strerror or error}")
    if book is not None:
        book.add(stamp, found)
    return found


def _examine(file: Path) -> Facts | Refusal:
    suffix = file.suffix.lower()
    is_expected = suffix in IMAGE_SUFFIXES or suffix in UNSUPPORTED_SUFFIXES
    if not is_expected:
        with file.open("rb") as stream:
            if not looks_like_image(stream.read(32)):
                return Refusal("ignored", "not an image file", "Neither its name nor its content is that of an image.")
    try:
        data = read_bytes(file)
        decoded = decode_image(data, draft_to=REDUCED_SIDE)
        return facts_of(decoded, content=hash_bytes(data), size=len(data))
    except DecodeError as error:
        is_foreign = suffix in UNSUPPORTED_SUFFIXES and error.reason == "not an image"
        detail = error.message if error.hint is None else f"{error.message} To use it: {error.hint}"
        return Refusal("skipped", "unsupported format" if is_foreign else error.reason, detail)
