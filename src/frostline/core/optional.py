"""Optional packages: imported where they are used, with the install command in the error."""

from __future__ import annotations

import importlib
import os
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
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    backend = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}.get(
        os.environ["KERAS_BACKEND"], "tensorflow"
    )
    require(backend, extra="tf", purpose="Running a network")
    return require("keras", extra="tf", purpose="Running a network")
