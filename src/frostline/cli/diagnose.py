"""``frostline diagnose``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frostline.cli.options import (
    AllowSkippedOption,
    CacheOption,
    DataArgument,
    GroupByOption,
    JsonOption,
    QuietOption,
    error_console,
)


class _Preset(StrEnum):
    quick = "quick"
    standard = "standard"
    thorough = "thorough"


class _FailOn(StrEnum):
    never = "never"
    validity = "validity"
    confirmed = "confirmed"


def diagnose_command(
    data: DataArgument,
    backbone: Annotated[
        str | None,
        typer.Option("--backbone", "-b", help="Name of the pretrained network; else the recipe's, else googlenet."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", "-w", help="Its weights: a file, a checkpoint or a SavedModel folder.")
    ] = None,
    group_by: GroupByOption = "",
    preset: Annotated[
        _Preset, typer.Option(help="quick: probes; standard: with confirmations and seeds; thorough: everything.")
    ] = _Preset.standard,
    time_limit: Annotated[
        str | None, typer.Option("--time-limit", help="Such as 90s, 20m or 2h; what does not fit is not tested.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of folds, heads and resampling; else the recipe's, else 0.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The run folder; else one below frostline-runs/.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", help="TOML file of the set-up to explain; else the classic recipe.")
    ] = None,
    val: Annotated[
        Path | None, typer.Option("--val", help="Your validation folder: examined for leaks, then replaced.")
    ] = None,
    claimed_accuracy: Annotated[
        float | None, typer.Option("--claimed-accuracy", help="What the set-up is said to reach (0..1).")
    ] = None,
    max_images: Annotated[int, typer.Option(help="Use at most so many images, drawn by group; 0: all.")] = 20_000,
    cache_dir: CacheOption = None,
    fail_on: Annotated[
        _FailOn, typer.Option("--fail-on", help="Exit with 3 when a finding of this sort is confirmed.")
    ] = _FailOn.never,
    allow_skipped: AllowSkippedOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> int:
    """Say why transfer learning performs as it does on DATA, and what would help: measured by paired experiments.

    Writes a run folder. Interrupted or killed, the same command goes on where it stopped.
    """
    from frostline.cli.progress import progress_for
    from frostline.workflow.diagnose_path import diagnose_path
    from frostline.workflow.request import parse_duration

    console = error_console()
    with progress_for(console, quiet=quiet) as progress:
        run = diagnose_path(
            data,
            backbone=backbone,
            weights=weights,
            group_by=group_by,
            val=val,
            recipe_file=recipe,
            preset=preset.value,
            time_limit=parse_duration(time_limit) if time_limit else None,
            claimed_accuracy=claimed_accuracy,
            max_images=max_images,
            seed=seed,
            out=out,
            cache_dir=cache_dir,
            progress=progress,
        )
    results = run.results
    if as_json:
        sys.stdout.write((run.path / "findings.json").read_text(encoding="utf-8"))
    else:
        from frostline.report.terminal import print_answer

        print_answer(results, run.path)
    confirmed = [f for f in results["findings"] if f["verdict"] == "confirmed"]
    if fail_on is _FailOn.confirmed and confirmed:
        return 3
    if fail_on is _FailOn.validity and any(f["kind"] == "validity" for f in confirmed):
        return 3
    return skipped_exit_code(results["data"]["skipped_total"], results["data"]["images_found"], allow=allow_skipped)


def skipped_exit_code(skipped: int, used: int, *, allow: bool) -> int:
    """1 when more than 1 % of the images could not be read and that is not allowed, else 0."""
    from frostline.data.checks.unreadable import ALLOWED_SHARE

    if allow or skipped <= ALLOWED_SHARE * (skipped + used):
        return 0
    print(
        f"error: {skipped} of {skipped + used} files that should be images are not used (more than "
        f"{ALLOWED_SHARE:.0%}); skipped_files.csv lists them.\n"
        "  What to do: repair or remove them, or pass --allow-skipped.",
        file=sys.stderr,
    )
    return 1
