"""Writes ``requirements/dev.lock``: exact versions of everything that ``make check`` runs with.

One file for Python 3.11 to 3.13 and every platform (environment markers). It names versions only, never where packages
come from: that is the business of the machine it is installed on.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
HEADER = "# Written by `make lock` from pyproject.toml; do not edit.\n"


def lock() -> None:
    """Resolve the ``dev`` extra anew and write the lock file.

    Raises:
        subprocess.CalledProcessError: the resolver found no solution.
    """
    if shutil.which("uv") is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "uv"], check=True)
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal", "--python-version", "3.11"]
    command += ["--quiet", "--upgrade", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    resolved = subprocess.run(command, check=True, capture_output=True, text=True, cwd=FOLDER.parent).stdout
    (FOLDER / "dev.lock").write_text(HEADER + resolved, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    lock()
