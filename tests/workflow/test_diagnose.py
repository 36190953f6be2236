"""The whole diagnosis on a tiny network and small pictures: what it writes, and that it goes on after a kill."""

import csv
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="a diagnosis needs frostline[tf]")

import frostline as fl
from frostline.core.errors import RecipeError, StoreError
from frostline.recipe import classic_recipe
from frostline.testing.tiny_backbone import tiny_backbone

GROUPS = r"/([^/]+)_\d+\.png$"
SCRIPT = """
import sys
import frostline as fl
from frostline.testing.tiny_backbone import tiny_backbone
data, out, cache = sys.argv[1:]
fl.diagnose(fl.Dataset.from_folder(data, group_by=r"/([^/]+)_\\d+\\.png$"), tiny_backbone(), preset="quick",
            out=out, cache_dir=cache)
"""


@pytest.fixture(scope="module")
def finished(texture_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> fl.Run:
    base = tmp_path_factory.mktemp("finished")
    dataset = fl.Dataset.from_folder(texture_folder, group_by=GROUPS)
    return fl.diagnose(dataset, tiny_backbone(), preset="standard", out=base / "run", cache_dir=base / "cache")


def without_seconds(run: Path) -> Any:
    value = json.loads((run / "findings.json").read_text())
    for finding in value["findings"]:
        finding.pop("cost_seconds")
    return value


def test_the_run_folder_holds_what_the_readme_promises(finished: fl.Run) -> None:
    promised = ["config.toml", "env.json", "manifest.csv", "skipped_files.csv", "findings.json", "leaderboard.csv"]
    for name in (
        *promised,
        "history.csv",
        "log.txt",
        "report.html",
        "checks.json",
        "results.json",
        "recipes/classic.toml",
    ):
        assert (finished.path / name).is_file(), name


def test_findings_json_has_the_published_schema(finished: fl.Run) -> None:
    value = json.loads((finished.path / "findings.json").read_text())
    assert set(value) == {"schema", "verdict", "findings"}
    assert value["schema"] == 1
    keys = [
        "cause",
        "kind",
        "verdict",
        "reason",
        "effect",
        "ci",
        "tied_with",
        "cost_seconds",
        "evidence",
        "fix",
        "explanation",
    ]
    for finding in value["findings"]:
        assert list(finding) == keys
        assert finding["kind"] in ("repair", "validity", "limit")
        assert finding["verdict"] in ("confirmed", "ruled out", "inconclusive", "not tested")
    assert {f["cause"] for f in value["findings"]} == {
        "wrong_layer",
        "leakage",
        "head_bottleneck",
        "negative_transfer",
    }


def test_the_leaderboard_has_the_published_columns_and_rows(finished: fl.Run) -> None:
    with (finished.path / "leaderboard.csv").open() as stream:
        reader = csv.DictReader(stream)
        rows = {row["name"]: row for row in reader}
    assert reader.fieldnames == (
        [
            "name",
            "kind",
            "balanced_accuracy",
            "ci_low",
            "ci_high",
            "train_balanced_accuracy",
            "epochs_to_95pct",
            "seconds",
            "recipe",
        ]
    )
    assert {"classic", "majority", "raw_pixels", "random_weights", "best_cut", "probe_stem"} <= set(rows)
    assert rows["classic"]["kind"] == "baseline"
    assert rows["majority"]["kind"] == "control"
    assert float(rows["majority"]["balanced_accuracy"]) < 0.5
    for row in rows.values():
        assert float(row["ci_low"]) <= float(row["balanced_accuracy"]) <= float(row["ci_high"])
        if row["recipe"]:
            assert fl.read_recipe(finished.path / row["recipe"]).backbone.name == "tiny"


def test_history_has_every_epoch_of_every_fold_and_seed(finished: fl.Run) -> None:
    with (finished.path / "history.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["name"] == "classic"]
    folds = {row["fold"] for row in rows}
    assert len(rows) == len(folds) * 3 * 10
    assert {row["epoch"] for row in rows} == {str(e) for e in range(1, 11)}


def test_no_group_stands_on_both_sides(finished: fl.Run) -> None:
    with (finished.path / "manifest.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    by_group: dict[str, set[str]] = {}
    for row in rows:
        by_group.setdefault(row["group"], set()).add(row["fold"])
    assert all(len(folds) == 1 for folds in by_group.values())
    assert "-1" not in {row["fold"] for row in rows}


def test_the_same_call_again_measures_nothing_and_ends_with_the_same_findings(
    finished: fl.Run, texture_folder: Path
) -> None:
    before = without_seconds(finished.path)
    stamps = {path: path.stat().st_mtime_ns for path in (finished.path / "measured").iterdir()}
    dataset = fl.Dataset.from_folder(texture_folder, group_by=GROUPS)
    cache = finished.path.parent / "cache"
    again = fl.diagnose(dataset, tiny_backbone(), preset="standard", out=finished.path, cache_dir=cache)
    assert without_seconds(again.path) == before
    assert {path: path.stat().st_mtime_ns for path in (finished.path / "measured").iterdir()} == stamps


def test_a_run_folder_of_other_settings_is_refused(finished: fl.Run, texture_folder: Path) -> None:
    dataset = fl.Dataset.from_folder(texture_folder, group_by=GROUPS)
    with pytest.raises(StoreError, match="other settings"):
        fl.diagnose(dataset, tiny_backbone(), preset="quick", out=finished.path, cache_dir=finished.path.parent / "c")


def test_killed_again_and_again_it_ends_with_the_same_findings(texture_folder: Path, tmp_path: Path) -> None:
    def start(name: str) -> subprocess.Popen[bytes]:
        arguments = [str(texture_folder), str(tmp_path / name), str(tmp_path / f"{name}-cache")]
        return subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], stderr=subprocess.DEVNULL)

    assert start("whole").wait() == 0
    moments = np.random.default_rng(5).uniform(4.0, 9.0, 3)
    for moment in moments:
        process = start("killed")
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start("killed").wait() == 0
    assert without_seconds(tmp_path / "killed") == without_seconds(tmp_path / "whole")
    assert not list((tmp_path / "killed").rglob(".tmp-*.json"))


def test_arrays_with_strings_for_labels(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.array(["red", "blue"] * 40)
    images = generator.integers(0, 80, (80, 40, 40, 3)).astype(np.uint8)
    images[labels == "red", ..., 0] += 120
    run = fl.diagnose(
        fl.Dataset.from_arrays(images, labels), tiny_backbone(), preset="quick", out=tmp_path / "r", cache_dir=tmp_path
    )
    assert {row.name: row for row in run.leaderboard}["best_cut"].balanced_accuracy > 0.9


def test_an_unknown_cut_in_a_recipe_names_the_cuts(texture_folder: Path, tmp_path: Path) -> None:
    recipe = classic_recipe("tiny")
    recipe = replace(recipe, freeze=replace(recipe.freeze, taps=("attic",)))
    with pytest.raises(RecipeError, match="stem, block1, block2"):
        fl.diagnose(fl.Dataset.from_folder(texture_folder), tiny_backbone(), recipe=recipe, out=tmp_path / "run")


def test_a_recipe_other_than_the_classic_one_is_explained_beside_it(texture_folder: Path, tmp_path: Path) -> None:
    recipe = classic_recipe("tiny")
    recipe = replace(recipe, head=replace(recipe.head, hidden=(2,)), training=replace(recipe.training, epochs=2))
    run = fl.diagnose(
        fl.Dataset.from_folder(texture_folder, group_by=GROUPS),
        tiny_backbone(),
        recipe=recipe,
        preset="quick",
        out=tmp_path / "run",
        cache_dir=tmp_path / "cache",
    )
    rows = {row.name: row for row in run.leaderboard}
    assert rows["asked"].kind == rows["classic"].kind == "baseline"
    bottleneck = next(f for f in run.findings if f.cause == "head_bottleneck")
    assert bottleneck.evidence["without"] == "asked"
    assert bottleneck.verdict == "confirmed"


def test_no_writable_home_still_works(texture_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where a home should be")
    monkeypatch.setenv("HOME", str(blocked))
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked / "cache"))
    monkeypatch.delenv("FROSTLINE_CACHE_DIR", raising=False)
    from frostline.workflow.cache import cache_folder

    assert cache_folder(None, tmp_path / "run") == tmp_path / "run" / "cache"
    assert blocked.is_file()
