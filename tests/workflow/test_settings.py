from pathlib import Path

import pytest

from frostline.core.errors import StoreError, UsageError
from frostline.workflow.budget import Workload, make_plan, modelled_seconds, part_of
from frostline.workflow.request import DiagnoseRequest, check_settings, parse_duration
from frostline.workflow.run import open_run

FINE = {"preset": "quick", "time_limit": None, "max_images": 0, "seed": 0, "claimed_accuracy": None}
REQUEST = DiagnoseRequest("data", "d1", "googlenet", "w.npz", "ab", "schema = 1\n", seed=3)
WORK = Workload(1000, 8, (64, 256, 1024), 1.6e9, 10, 32, 5)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"preset": "fast"}, "quick, standard, thorough"),
        ({"time_limit": 0.0}, "time limit"),
        ({"time_limit": -5.0}, "time limit"),
        ({"time_limit": 1e12}, "time limit"),
        ({"max_images": -1}, "--max-images"),
        ({"max_images": 3}, "--max-images"),
        ({"seed": -1}, "seed"),
        ({"claimed_accuracy": 93.0}, "0.93"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, object], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        check_settings(**{**FINE, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("20m", 1200), ("1.5h", 5400), ("45", 45), ("1d", 86400)])
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "soon", "10x"])
def test_no_durations(text: str) -> None:
    with pytest.raises(UsageError, match="20m"):
        parse_duration(text)


def test_a_run_folder_is_found_again_by_the_same_request(tmp_path: Path) -> None:
    first, second = open_run(tmp_path / "run", REQUEST), open_run(tmp_path / "run", REQUEST)
    assert first.path == second.path
    assert (tmp_path / "run" / "env.json").exists()


@pytest.mark.parametrize(
    ("change", "expected"), [({"data_digest": "d2"}, "of another data set"), ({"seed": 4}, "with other settings")]
)
def test_a_run_folder_of_something_else_is_refused(tmp_path: Path, change: dict[str, object], expected: str) -> None:
    from dataclasses import replace

    open_run(tmp_path / "run", REQUEST)
    with pytest.raises(StoreError, match=expected):
        open_run(tmp_path / "run", replace(REQUEST, **change))  # type: ignore[arg-type]


def test_given_more_time_a_run_goes_on(tmp_path: Path) -> None:
    from dataclasses import replace

    open_run(tmp_path / "run", replace(REQUEST, time_limit=60.0))
    open_run(tmp_path / "run", REQUEST)
    assert "time_limit" not in (tmp_path / "run" / "config.toml").read_text()


def test_a_run_folder_that_is_a_file_or_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="is a file"):
        open_run(tmp_path / "file", REQUEST)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").write_text("x")
    with pytest.raises(StoreError, match="not empty"):
        open_run(tmp_path / "full", REQUEST)
    assert (tmp_path / "full" / "thesis.doc").read_text() == "x"


def test_a_time_limit_leaves_out_what_does_not_fit_and_says_so(tmp_path: Path) -> None:
    costs = modelled_seconds(WORK, _speed(tmp_path), seeds=1)
    plan = make_plan(tmp_path, WORK, preset="quick", time_limit=costs["classic"] + costs["probes"] + 0.01)
    assert "probes" not in plan.reasons
    assert "time limit" in plan.reasons["random weights"]
    assert "preset" in plan.reasons["concatenated cuts"]


def test_a_time_limit_below_the_classic_recipe_is_refused_with_the_figure(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="too short"):
        make_plan(tmp_path, WORK, preset="quick", time_limit=1.0)


def test_the_plan_of_a_resumed_run_is_the_first_ones(tmp_path: Path) -> None:
    first = make_plan(tmp_path, WORK, preset="standard", time_limit=1200.0)
    assert make_plan(tmp_path, WORK, preset="standard", time_limit=1200.0) == first


def test_every_estimator_belongs_to_a_part_that_has_a_cost() -> None:
    from frostline.diagnose.experiment import Experiment, cut_probe, joined_cuts
    from frostline.recipe import classic_recipe

    recipe = classic_recipe("tiny")
    parts = {
        part_of(Experiment("x", recipe)),
        part_of(cut_probe(recipe, "a")),
        part_of(cut_probe(recipe, "a", "ungrouped")),
        part_of(Experiment("x", recipe, "best cut")),
        part_of(Experiment("x", recipe, "best head")),
        part_of(Experiment("x", recipe, "random weights")),
        part_of(Experiment("x", recipe, "best taps")),
        part_of(joined_cuts(recipe, ["a", "b"])),
    }
    assert parts <= set(modelled_seconds(WORK, 1e11, seeds=1))


def _speed(folder: Path) -> float:
    import json

    (folder / "plan.json").write_text(json.dumps({"flops_per_second": 1e11}))
    return 1e11
