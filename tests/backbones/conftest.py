from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared"


def shared_file(relative: str) -> Path:
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"needs {path}, the oracles and weights for verification, which are not in the repository")
    return path


@pytest.fixture
def shared():
    """A function from a path below shared/ to the file; skips the test when it is not there."""
    return shared_file
