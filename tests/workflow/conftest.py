from pathlib import Path

import pytest

from frostline.testing.folders import write_texture_folder


@pytest.fixture(scope="session")
def texture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three classes of textures, 24 images each, in groups of about five."""
    return write_texture_folder(tmp_path_factory.mktemp("textures") / "data", per_class=24)
