"""Where the activation cache lies, and how large it may grow."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from frostline.core.errors import StoreError

# 20 GB hold the pooled activations of all of GoogLeNet's cuts for 1.7 million images.
DEFAULT_BUDGET_BYTES = 20_000_000_000


def cache_folder(asked: Path | str | None, run: Path) -> Path:
    """The cache's folder: as asked, else ``FROSTLINE_CACHE_DIR``, else below ``XDG_CACHE_HOME`` or ``~/.cache``.

    Where that cannot be written (no writable home), the cache lies in the run folder.
    """
    if asked is not None:
        return Path(asked)
    if named := os.environ.get("FROSTLINE_CACHE_DIR"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "frostline"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):
        return run / "cache"


def check_cache(asked: Path | str | None) -> None:
    """Find out before anything is read that the cache's folder, as asked for, cannot be written.

    Raises:
        StoreError: it is a file or cannot be written; the message names it.
    """
    named = asked if asked is not None else os.environ.get("FROSTLINE_CACHE_DIR")
    if not named:
        return
    try:
        Path(named).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=named):
            return
    except OSError as error:
        raise StoreError(
            f"The cache folder {named} cannot be written: {error.strerror or error}.",
            hint="name another folder with --cache-dir or FROSTLINE_CACHE_DIR.",
        ) from error
