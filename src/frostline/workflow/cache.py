"""Where the activation cache lies, and how large it may grow."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

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
