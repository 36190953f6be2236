import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from frostline.testing.folders import write_texture_folder

from .conftest import Run

pytest.importorskip("tensorflow", reason="a diagnosis needs frostline[tf]")

GROUPS = r"/([^/]+)_\d+\.png$"


def test_the_whole_of_it(frostline: Run, textures: Path, tmp_path: Path) -> None:
    arguments = ["diagnose", textures, "--backbone", "tiny", "--group-by", GROUPS, "--preset", "quick", "--out", "run"]
    result = frostline(*arguments, "--claimed-accuracy", 0.99)
    assert result.returncode == 0, result.stderr
    for shown in ("balanced accuracy", "Findings", "classic", "raw_pixels", "By depth", "Data health", "report.html"):
        assert shown in result.stdout
    for noise in ("port.cc", "WARNING", "Traceback"):
        assert noise not in result.stderr
    assert "The claimed 0.990" in json.loads((tmp_path / "run" / "findings.json").read_text())["verdict"]

    again = frostline(*arguments, "--claimed-accuracy", 0.99, "--json")
    assert json.loads(again.stdout) == json.loads((tmp_path / "run" / "findings.json").read_text())

    page = (tmp_path / "run" / "report.html").read_text()
    (tmp_path / "run" / "report.html").unlink()
    assert frostline("report", "run").returncode == 0
    assert (tmp_path / "run" / "report.html").read_text() == page


def test_fail_on_gives_exit_code_3(frostline: Run, textures: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "narrow.toml"
    recipe.write_text('[backbone]\nname = "tiny"\n[head]\nhidden = [1]\n[training]\nepochs = 1\n')
    arguments = ["diagnose", textures, "--recipe", recipe, "--preset", "quick", "--group-by", GROUPS]
    assert frostline(*arguments, "--fail-on", "confirmed").returncode == 3


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--backbone", "googlnet"], 2, "did you mean 'googlenet'"),
        (["--weights", "nowhere.npz"], 1, "nowhere.npz"),
        (["--preset", "fast"], 2, "quick"),
        (["--time-limit", "soon"], 2, "20m"),
        (["--time-limit", "0s"], 2, "time limit"),
        (["--claimed-accuracy", "93"], 2, "0.93"),
        (["--recipe", "nowhere.toml"], 2, "nowhere.toml"),
        (["--seed", "-1"], 2, "seed"),
        (["--out", "taken.txt"], 2, "is a file"),
        (["--cache-dir", "taken.txt"], 1, "taken.txt"),
    ],
)
def test_what_is_asked_wrongly_is_one_clear_error(
    frostline: Run, textures: Path, tmp_path: Path, arguments: list[str], code: int, expected: str
) -> None:
    (tmp_path / "taken.txt").write_text("x")
    result = frostline("diagnose", textures, *arguments)
    assert result.returncode == code, result.stderr
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "damage"),
    [("config.toml", "x = ["), ("plan.json", "{}"), ("cost.json", "[]"), ("results.json", '{"schema": 1}')],
)
def test_a_damaged_run_folder_is_an_error_or_measured_again_never_a_bug(
    frostline: Run, textures: Path, tmp_path: Path, name: str, damage: str
) -> None:
    arguments = ["diagnose", textures, "--backbone", "tiny", "--preset", "quick", "--group-by", GROUPS, "--out", "run"]
    assert frostline(*arguments).returncode == 0
    (tmp_path / "run" / name).write_text(damage)
    if name == "results.json":
        report = frostline("report", "run")
        assert (report.returncode, "damaged" in report.stderr) == (1, True)
    result = frostline(*arguments)
    assert result.returncode == (1 if name == "config.toml" else 0), result.stderr
    assert "this is a bug" not in result.stderr


def test_a_report_of_something_else_says_so(frostline: Run, tmp_path: Path) -> None:
    assert "is no run folder" in frostline("report", tmp_path).stderr


def test_a_leaking_validation_folder_is_told_with_both_figures(frostline: Run, tmp_path: Path) -> None:
    train = write_texture_folder(tmp_path / "a", per_class=12)
    val = write_texture_folder(tmp_path / "b", per_class=6, seed=1)
    for twin in list(train.rglob("*.png"))[::3]:
        (val / twin.parent.name / f"twin_{twin.name}").write_bytes(twin.read_bytes())
    arguments = ["diagnose", train, "--val", val, "--backbone", "tiny", "--preset", "quick", "--out", "run"]
    result = frostline(*arguments, "--claimed-accuracy", "0.5")
    assert result.returncode == 0, result.stderr
    value = json.loads((tmp_path / "run" / "findings.json").read_text())
    assert "on your split" in value["verdict"]
    leakage = next(f for f in value["findings"] if f["cause"] == "leakage")
    assert leakage["evidence"]["across_user_split"] == 12
    assert {"with_balanced_accuracy", "without_balanced_accuracy"} <= set(leakage["evidence"])


def test_ctrl_c_says_how_to_go_on(textures: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "frostline", "diagnose", str(textures), "--backbone", "googlenet", "--out", "run"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "goes on where it stopped" in message
    assert "Traceback" not in message
