import json
from pathlib import Path

import pytest

from frostline.testing.folders import write_hostile_folder, write_texture_folder

from .conftest import Run


def test_a_healthy_folder(frostline: Run, textures: Path, tmp_path: Path) -> None:
    result = frostline("check", textures, "--out", tmp_path / "health")
    assert result.returncode == 0, result.stderr
    assert "60 images in 3 classes" in result.stdout
    assert "duplicates" in result.stdout
    assert {path.name for path in (tmp_path / "health").iterdir()} == {
        "checks.json",
        "manifest.csv",
        "skipped_files.csv",
    }


def test_json_is_the_only_thing_on_standard_output(frostline: Run, textures: Path) -> None:
    value = json.loads(frostline("check", textures, "--json").stdout)
    assert value["images"] == 60
    assert {check["check"] for check in value["checks"]} >= {"duplicates", "imbalance", "metadata_shortcut"}


def test_hostile_files_are_skipped_counted_and_listed_and_the_exit_code_says_so(frostline: Run, tmp_path: Path) -> None:
    folder = write_texture_folder(tmp_path / "data", per_class=12)
    write_hostile_folder(folder)
    result = frostline("check", folder, "--out", tmp_path / "health")
    assert result.returncode == 1
    assert "skipped_files.csv" in result.stderr
    assert "Traceback" not in result.stderr
    assert len((tmp_path / "health" / "skipped_files.csv").read_text().splitlines()) > 5
    assert frostline("check", folder, "--allow-skipped").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["check", "nowhere"], 1, "does not exist"),
        (["check"], 2, "Missing argument"),
        (["check", ".", "--colour"], 2, "No such option"),
        (["chek", "."], 2, "No such command"),
    ],
)
def test_what_is_asked_wrongly_is_one_clear_error(
    frostline: Run, arguments: list[str], code: int, expected: str
) -> None:
    result = frostline(*arguments)
    assert result.returncode == code
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_a_group_pattern_that_does_not_match_names_files(frostline: Run, textures: Path) -> None:
    result = frostline("check", textures, "--group-by", "page(\\d+)")
    assert result.returncode == 1
    assert "class_0/" in result.stderr


def test_leaks_into_the_validation_folder_are_found(frostline: Run, tmp_path: Path) -> None:
    train = write_texture_folder(tmp_path / "a", per_class=10)
    val = write_texture_folder(tmp_path / "b", per_class=6, seed=1)
    twin = next(train.rglob("*.png"))
    (val / twin.parent.name / "twin.png").write_bytes(twin.read_bytes())
    result = frostline("check", train, "--val", val, "--json")
    leakage = next(c for c in json.loads(result.stdout)["checks"] if c["check"] == "cross_split_leakage")
    assert leakage["severity"] in ("warning", "error")
    assert frostline("check", train, "--val", val, "--fail-on", "warning").returncode == 3
    assert frostline("check", train, "--val", train).returncode == 1


def test_version_and_help(frostline: Run) -> None:
    assert frostline("--version").stdout.startswith("frostline ")
    assert "diagnose" in frostline("--help").stdout
