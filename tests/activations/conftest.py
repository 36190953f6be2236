from __future__ import annotations

from pathlib import Path

import pytest

from frostline.activations import ActivationStore
from frostline.backbones import Backbone
from frostline.testing.tiny_backbone import tiny_backbone


@pytest.fixture(scope="session")
def backbone() -> Backbone:
    return tiny_backbone(0)


@pytest.fixture
def store(tmp_path: Path) -> ActivationStore:
    return ActivationStore(tmp_path / "cache")
