"""Optional packages: imported where they are used, with the install command in the error."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from frostline.core.errors import MissingExtraError


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional module.

    Args:
        module: the module's dotted name, e.g. ``"tensorflow"``.
        extra: the extra of Frostline that installs it, e.g. ``"tf"``.
        purpose: what it is needed for, for the error message.

    Raises:
        MissingExtraError: the package is not installed.
    """
    try:
        if module.partition(".")[0] != "tensorflow":
            return importlib.import_module(module)
        with _without_native_messages():
            return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs the package {module!r}, which could not be imported ({error}).",
            hint=f'pip install "frostline[{extra}]"',
        ) from error


def require_keras() -> Any:
    """Keras 3 with its backend; TensorFlow unless ``KERAS_BACKEND`` names another.

    Raises:
        MissingExtraError: Keras or the chosen backend is not installed.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    backend = os.environ["KERAS_BACKEND"]
    if backend in ("tensorflow", "jax", "torch"):
        extra = "torch" if backend == "torch" else "tf"
        require(backend, extra=extra, purpose=f"Running a network on the Keras backend {backend!r}")
    return require("keras", extra="tf", purpose="Running a network")


@contextmanager
def _without_native_messages() -> Iterator[None]:
    """Silence what TensorFlow's C++ writes to standard error while it is imported, before it reads its log level.

    Python's own messages and errors go through ``sys.stderr`` and exceptions, and are not lost.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if "tensorflow" in sys.modules:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
