"""The repository as the project's own tests see it."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def repository_files() -> list[Path]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode()
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # no git, or an unpacked source distribution
        folders = ("src", "tests", "bench", "docs", "requirements")
        names = [str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).rglob("*")]
        names += [path.name for path in ROOT.iterdir()]
    paths = [ROOT / name for name in sorted(set(names)) if "__pycache__" not in name]
    return [path for path in paths if path.is_file()]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    return repository_files()


@pytest.fixture(scope="session")
def sources(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix == ".py"]
