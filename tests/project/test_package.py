"""What is built and published."""

import os
import re
import subprocess
import sys
import zipfile
from email.parser import Parser

import pytest
from packaging.requirements import Requirement

import frostline._version


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def about(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_every_file_of_the_source_and_nothing_else(wheel, files, root):
    source = root / "src"
    expected = {path.relative_to(source).as_posix() for path in files if path.is_relative_to(source)}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_the_licence_travels_along(wheel):
    assert {name.rpartition("/")[2] for name in wheel.namelist() if "/licenses/" in name} == {"LICENSE", "NOTICE"}


def test_the_metadata(about):
    assert about["Version"] == frostline._version.__version__
    assert about["License-Expression"] == "Apache-2.0"
    assert set(about.get_all("Provides-Extra")) == {"tf", "tf-cuda", "torch", "dev"}


@pytest.mark.parametrize(
    ("system", "machine", "package"),
    [
        ("linux", "x86_64", "tensorflow-cpu"),
        ("linux", "aarch64", "tensorflow"),
        ("darwin", "arm64", "tensorflow"),
        ("win32", "AMD64", "tensorflow-cpu"),
    ],
)
def test_the_tf_extra_takes_tensorflow_s_cpu_build_where_it_exists(about, system, machine, package):
    place = {"extra": "tf", "sys_platform": system, "platform_machine": machine}
    wanted = [Requirement(line) for line in about.get_all("Requires-Dist")]
    chosen = [one.name for one in wanted if one.marker is not None and one.marker.evaluate(place)]
    assert [name for name in chosen if name.startswith("tensorflow")] == [package]
    assert "keras" in chosen


def test_the_command_is_installed(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert re.search(r"^frostline = frostline\.cli:main$", wheel.read(name).decode(), re.MULTILINE)


def test_make_finds_a_python_although_a_shim_fails(root, tmp_path):
    """pyenv leaves commands behind that only say which versions they would need."""
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        shim = tmp_path / name
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    # An outer `make test PYTHON=...` must not reach the inner make.
    for name in ("PYTHON", "MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS"):
        environment.pop(name, None)
    command = ["make", "--dry-run", "env", f"VENV={tmp_path / 'venv'}"]
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert "made by python" in result.stdout
    assert '"python" -m venv' in result.stdout


def test_make_says_which_pythons_it_looked_for(root, tmp_path):
    command = ["make", "env", f"VENV={tmp_path / 'venv'}", "PYTHON="]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "Frostline needs Python 3.11, 3.12 or 3.13" in result.stderr
    assert not (tmp_path / "venv").exists()
