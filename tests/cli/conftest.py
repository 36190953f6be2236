"""The program as people start it, with a tiny backbone announced by another package's entry point."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from frostline.testing.folders import write_texture_folder

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH: an installed package whose entry point announces the backbone ``tiny``."""
    folder = tmp_path_factory.mktemp("plugin")
    info = folder / "frostline_tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: frostline-tiny\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[frostline.backbones]\ntiny = frostline.testing.tiny_backbone:TINY\n")
    return folder


@pytest.fixture(scope="session")
def textures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texture_folder(tmp_path_factory.mktemp("textures") / "data", per_class=20)


@pytest.fixture
def frostline(plugin: Path, tmp_path: Path) -> Run:
    """Run ``frostline ARGUMENTS`` in a folder of its own, with a cache of its own."""

    def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        variables = {**os.environ, "PYTHONPATH": str(plugin), "FROSTLINE_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.run(
            [sys.executable, "-m", "frostline", *map(str, arguments)],
            cwd=tmp_path,
            env={**variables, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run
