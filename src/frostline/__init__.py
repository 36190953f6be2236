"""Frostline: why is transfer learning performing poorly here, and what fixes it? Measured on your own images.

>>> import frostline as fl
>>> run = fl.diagnose(fl.Dataset.from_folder("photos"), backbone=fl.load_backbone("googlenet", weights="googlenet.npz"))
>>> print(run.verdict)
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from frostline._version import __version__

if TYPE_CHECKING:
    from frostline.backbones import Backbone, load_backbone
    from frostline.core.errors import FrostlineError
    from frostline.data import Dataset
    from frostline.data.checks import run_checks
    from frostline.recipe import Recipe, read_recipe
    from frostline.workflow.diagnose import diagnose
    from frostline.workflow.run import Run

# Imported at first use, so that `import frostline` stays instant.
_HOMES = {
    "Backbone": "frostline.backbones",
    "Dataset": "frostline.data",
    "FrostlineError": "frostline.core.errors",
    "Recipe": "frostline.recipe",
    "Run": "frostline.workflow.run",
    "diagnose": "frostline.workflow.diagnose",
    "load_backbone": "frostline.backbones",
    "read_recipe": "frostline.recipe",
    "run_checks": "frostline.data.checks",
}

__all__ = [
    "Backbone",
    "Dataset",
    "FrostlineError",
    "Recipe",
    "Run",
    "__version__",
    "diagnose",
    "load_backbone",
    "read_recipe",
    "run_checks",
]


class _Frostline(ModuleType):
    """The package itself. Importing ``frostline.diagnose``, the layer, must not hide ``fl.diagnose``, the call."""

    @property
    def diagnose(self) -> Any:
        return __getattr__("diagnose")

    @diagnose.setter
    def diagnose(self, _layer: ModuleType) -> None:
        """The import system sets a package as an attribute of its parent: not this one."""


sys.modules[__name__].__class__ = _Frostline


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'frostline' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
