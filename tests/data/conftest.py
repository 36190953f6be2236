from pathlib import Path

import pytest

from frostline.testing.folders import write_texture_folder

REAL = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def textures(tmp_path_factory) -> Path:
    return write_texture_folder(tmp_path_factory.mktemp("textures") / "data")


@pytest.fixture
def real():
    def folder(name: str) -> Path:
        if not (REAL / name).is_dir():
            pytest.skip(f"the real image set {name} is not at {REAL}")
        return REAL / name

    return folder
