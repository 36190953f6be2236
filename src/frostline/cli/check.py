"""``frostline check``."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from frostline.cli.diagnose import skipped_exit_code
from frostline.cli.options import (
    AllowSkippedOption,
    CacheOption,
    DataArgument,
    GroupByOption,
    JsonOption,
    QuietOption,
    error_console,
)


class _FailOn(StrEnum):
    never = "never"
    warning = "warning"
    error = "error"


def check_command(
    data: DataArgument,
    group_by: GroupByOption = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for checks.json, manifest.csv and skipped_files.csv.")
    ] = None,
    val: Annotated[Path | None, typer.Option("--val", help="Your validation folder: examined for leaks.")] = None,
    cache_dir: CacheOption = None,
    fail_on: Annotated[
        _FailOn, typer.Option("--fail-on", help="Exit with 3 when a check is at least this severe.")
    ] = _FailOn.never,
    allow_skipped: AllowSkippedOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> int:
    """Check the health of DATA: unreadable files, duplicates, leaks, imbalance, blur, shortcuts. No deep learning."""
    from frostline.cli.progress import progress_for
    from frostline.records import to_json
    from frostline.workflow.check import check_path

    with progress_for(error_console(), quiet=quiet) as progress:
        dataset, checks = check_path(data, group_by=group_by, val=val, out=out, cache_dir=cache_dir, progress=progress)
    skipped = [item for item in dataset.skipped if item.outcome == "skipped"]
    if as_json:
        value = {
            "images": len(dataset.records),
            "classes": list(dataset.class_names),
            "skipped": to_json(tuple(dataset.skipped)),
            "checks": to_json(checks),
        }
        sys.stdout.write(json.dumps(value, indent=2) + "\n")
    else:
        from frostline.report.terminal import print_checks

        print_checks(dataset.name, len(dataset.records), len(dataset.class_names), checks, tuple(dataset.skipped))
    severe = {"warning": ("warning", "error"), "error": ("error",), "never": ()}[fail_on.value]
    if any(check.severity in severe for check in checks):
        return 3
    return skipped_exit_code(len(skipped), len(dataset.records), allow=allow_skipped)
