"""The causes: one hypothesis a file. Other packages add theirs under the entry points ``frostline.causes``."""

from frostline.core.registry import Registry
from frostline.diagnose.cause import Cause
from frostline.diagnose.causes.head_bottleneck import HeadBottleneck
from frostline.diagnose.causes.leakage import Leakage
from frostline.diagnose.causes.negative_transfer import NegativeTransfer
from frostline.diagnose.causes.wrong_layer import WrongLayer

BUILT_IN: tuple[type[Cause], ...] = (WrongLayer, Leakage, HeadBottleneck, NegativeTransfer)

causes: Registry[type[Cause]] = Registry("cause", entry_point_group="frostline.causes")
for _cause in BUILT_IN:
    causes.register(_cause.id, _cause)

__all__ = ["BUILT_IN", "HeadBottleneck", "Leakage", "NegativeTransfer", "WrongLayer", "causes"]
