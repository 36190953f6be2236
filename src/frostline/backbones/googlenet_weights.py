"""Names of GoogLeNet's weights in the files it is found in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.network import ForeignWeights

# Classifiers, auxiliary ones included: behind the last cut.
_CLASSIFIERS = ("loss1/", "loss2/", "loss3/")


def translate(tensors: Mapping[str, NDArray[np.generic]], _file: Path) -> ForeignWeights:
    """Leave out the classifiers; Caffe's layers with ``/kernel`` (h, w, in, out), ``/bias`` are the network's names."""
    kept = {name: value for name, value in tensors.items() if not name.startswith(_CLASSIFIERS)}
    return ForeignWeights(kept)
