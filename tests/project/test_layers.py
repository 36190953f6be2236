"""Each import contract of pyproject.toml holds, and each fails when a fault is planted in a copy of the source."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

LAYERS = "Layers: arrows point down only"
FRAMEWORKS = "No deep-learning framework below the backbones, in diagnose and in report"
NEVER_TRAINS = "Diagnose never trains"
NO_CYCLES = "Siblings have no cycles"

# Fault: the contract that must break, the file to write it to (below frostline/), the offending import.
ORDER = [
    "core",
    "records",
    "pixels",
    "stats",
    "recipe",
    "data",
    "activations",
    "probes",
    "tune",
    "diagnose",
    "workflow",
]
UPWARDS = [
    (LAYERS, f"{low}/planted.py", f"import frostline.{high}\n")
    for low, high in zip(ORDER, [*ORDER[1:], "cli"], strict=True)
]
SIDEWAYS = [
    (LAYERS, f"{one}/planted.py", f"import frostline.{other}\n")
    for one, other in [("data", "views"), ("views", "backbones"), ("backbones", "data"), ("diagnose", "report")]
]
EXHAUSTIVE = [(LAYERS, "planted/__init__.py", '"""A package that no layer names."""\n')]
FRAMEWORK = [
    (FRAMEWORKS, f"{layer}/planted.py", f"def run() -> None:\n    import {module}\n")
    for layer, module in [
        ("core", "keras"),
        ("records", "tensorflow"),
        ("pixels", "torch"),
        ("stats", "keras.ops"),
        ("recipe", "onnxruntime"),
        ("data", "tensorflow"),
        ("views", "jax"),
        ("diagnose", "openvino"),
        ("report", "keras"),
    ]
]
TRAINING = [
    (NEVER_TRAINS, "diagnose/planted.py", "import frostline.tune\n"),
    (NEVER_TRAINS, "report/planted.py", "import frostline.backbones\n"),
]
CYCLE = [(NO_CYCLES, "core/planted.py", "import frostline.records\n")]
FAULTS = [*UPWARDS, *SIDEWAYS, *EXHAUSTIVE, *FRAMEWORK, *TRAINING, *CYCLE]


@pytest.fixture
def copy(root, tmp_path):
    """The source and its contracts, to be damaged freely."""
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path / "src" / "pyproject.toml")
    return tmp_path / "src"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the source below ``folder``, by the contracts that stand in it."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [str(program), "--no-cache", "--config", str(folder / "pyproject.toml")]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def verdicts(output: str) -> dict[str, str]:
    """Contract to KEPT or BROKEN, from what import-linter printed."""
    told = {}
    for line in output.splitlines():
        name, _, verdict = line.strip().rpartition(" ")
        if verdict in ("KEPT", "BROKEN"):
            told[name] = verdict
    return told


def test_the_source_keeps_every_contract(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr
    assert set(verdicts(result.stdout).values()) == {"KEPT"}


def test_every_contract_has_a_planted_fault(root):
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == {contract for contract, _, _ in FAULTS}


def test_every_framework_free_package_has_a_planted_fault(root):
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["name"] == FRAMEWORKS]
    planted = {f"frostline.{place.partition('/')[0]}" for _, place, _ in FRAMEWORK}
    assert set(contract["source_modules"]) == planted


@pytest.mark.parametrize(
    ("contract", "place", "code"), FAULTS, ids=[f"{place}: {code.split()[-1]}" for _, place, code in FAULTS]
)
def test_a_planted_fault_breaks_its_contract(copy, contract, place, code):
    path = copy / "frostline" / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(code)
    result = lint(copy)
    assert result.returncode != 0, "the planted fault went unnoticed"
    if place.startswith("planted/"):
        assert "planted" in result.stdout + result.stderr
    else:
        assert verdicts(result.stdout).get(contract) == "BROKEN", result.stdout + result.stderr
