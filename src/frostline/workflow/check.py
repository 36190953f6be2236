"""The health check of a data set, without any deep learning."""

from __future__ import annotations

from pathlib import Path

from frostline.core.progress import Progress
from frostline.core.store import write_json
from frostline.data import Dataset
from frostline.data.checks import run_checks
from frostline.records import CheckResult, to_json
from frostline.workflow.open_data import open_data


def check_path(
    path: Path,
    *,
    group_by: str,
    val: Path | None,
    out: Path | None,
    cache_dir: Path | None,
    progress: Progress,
) -> tuple[Dataset, tuple[CheckResult, ...]]:
    """Read a folder or CSV file and run every health check.

    Args:
        path: folder per class, or a CSV file.
        group_by: pattern that names the group; empty for none.
        val: the user's validation folder.
        out: folder for ``checks.json``, ``manifest.csv`` and ``skipped_files.csv``; nothing is written when None.
        cache_dir: where the journal of the scan lies, so that an interrupted one goes on.
        progress: told what is going on.

    Raises:
        DataError: no usable images or labels.
        StoreError: ``out`` cannot be written.
    """
    dataset = open_data(path, group_by=group_by, val=val, cache_dir=cache_dir, progress=progress)
    checks = run_checks(dataset)
    if out is not None:
        write_json(out / "checks.json", to_json(checks))
        dataset.write_manifest(out / "manifest.csv")
        dataset.write_skipped(out / "skipped_files.csv")
    return dataset, checks
