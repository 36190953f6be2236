"""A run: the folder that holds a case. Readable without Frostline; written so that it can be killed at any time."""

from __future__ import annotations

import csv
import io
import os
import platform
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import tomlkit

from frostline.core.errors import StoreError
from frostline.core.store import read_json, write_json, write_text
from frostline.records import EpochRow, Finding, FindingsFile, LeaderboardRow, from_json, to_json
from frostline.workflow.request import DiagnoseRequest

FINDINGS_SCHEMA = 1
RESULTS_SCHEMA = 1
_PACKAGES = ("frostline", "numpy", "pillow", "scikit-learn", "keras", "tensorflow", "tensorflow-cpu", "openvino")


class Run:
    """A run folder.

    Attributes:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def findings_file(self) -> FindingsFile:
        """The verdict and the findings, as stored.

        Raises:
            StoreError: the run is not finished.
        """
        return from_json(FindingsFile, read_json(self.path / "findings.json"))

    @property
    def verdict(self) -> str:
        """The answer, in a few sentences."""
        return self.findings_file.verdict

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, ranked."""
        return self.findings_file.findings

    @property
    def leaderboard(self) -> tuple[LeaderboardRow, ...]:
        """What was measured, as stored in ``leaderboard.csv``."""
        text = (self.path / "leaderboard.csv").read_text(encoding="utf-8")
        return tuple(_leaderboard_row(row) for row in csv.DictReader(io.StringIO(text)))

    @property
    def results(self) -> dict[str, Any]:
        """Everything that the report shows (``results.json``).

        Raises:
            StoreError: the run is not finished, its results are damaged, or a newer version wrote them.
        """
        path = self.path / "results.json"
        if not path.exists():
            what = "is not finished" if (self.path / "config.toml").exists() else "is no run folder"
            raise StoreError(f"{self.path} {what}.", hint="run the same frostline diagnose command (again).")
        results = read_json(path)
        if not isinstance(results, dict) or not isinstance(results.get("schema"), int):
            raise StoreError(f"{path} is damaged.", hint="run the same frostline diagnose command again.")
        if results["schema"] > RESULTS_SCHEMA:
            raise StoreError(
                f"{path} has schema {results['schema']}; this version reads up to {RESULTS_SCHEMA}.",
                hint="upgrade Frostline.",
            )
        return results

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"


def open_run(path: Path, request: DiagnoseRequest) -> Run:
    """Create the run folder, or go on with the one that was made for the same request; the time limit may change.

    Raises:
        StoreError: the path is a file, cannot be written, or holds a run of another data set or other settings.
    """
    if path.exists() and not path.is_dir():
        raise StoreError(f"The run folder {path} is a file.", hint="name another folder with --out.")
    config = path / "config.toml"
    wanted = {key: value for key, value in to_json(request).items() if value is not None}
    if config.exists():
        found = _read_config(config)
        differing = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
        if differing == ["time_limit"]:
            write_text(config, tomlkit.dumps(wanted))
        elif differing:
            shown = ", ".join(
                f"{k}: {_short(found.get(k))} there, {_short(wanted.get(k))} asked" for k in differing[:3]
            )
            what = "of another data set" if "data_digest" in differing else "with other settings"
            raise StoreError(
                f"{path} holds a run {what} ({shown}).", hint="name another folder with --out, or remove that one."
            )
        return Run(path)
    if path.is_dir() and any(path.iterdir()):
        hint = "name an empty or a new folder with --out."
        if (path / "measured").is_dir():
            hint = "its config.toml is missing: put it back, or start anew in another folder with --out."
        raise StoreError(f"The folder {path} is not empty and holds no run.", hint=hint)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The run folder {path} cannot be made: {error.strerror}.", hint="name another one with --out."
        ) from error
    write_json(path / "env.json", environment())
    write_text(config, tomlkit.dumps(wanted))
    return Run(path)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StoreError(
            f"{path} cannot be read: {error}.",
            hint="restore it, or name another run folder with --out; the cached activations are used again.",
        ) from error


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]}...'"


def environment() -> dict[str, Any]:
    """Versions and machine, for ``env.json``; imports none of the packages it names."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": versions,
        "keras_backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_findings(run: Run, verdict: str, findings: Sequence[Finding]) -> None:
    """Write ``findings.json``; a run that has it is finished."""
    write_json(run.path / "findings.json", to_json(FindingsFile(FINDINGS_SCHEMA, verdict, tuple(findings))))


def write_leaderboard(run: Run, rows: Iterable[LeaderboardRow]) -> None:
    """Write ``leaderboard.csv``."""
    _write_table(run.path / "leaderboard.csv", LeaderboardRow, rows)


def write_history(run: Run, rows: Iterable[EpochRow]) -> None:
    """Write ``history.csv``: every epoch of what was trained."""
    _write_table(run.path / "history.csv", EpochRow, rows)


def _write_table(path: Path, kind: type[Any], rows: Iterable[Any]) -> None:
    names = [field.name for field in fields(kind)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in names])
    write_text(path, text.getvalue())


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def _leaderboard_row(row: dict[str, str]) -> LeaderboardRow:
    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    return LeaderboardRow(
        name=row["name"],
        kind=row["kind"],  # type: ignore[arg-type]
        balanced_accuracy=float(row["balanced_accuracy"]),
        ci_low=float(row["ci_low"]),
        ci_high=float(row["ci_high"]),
        train_balanced_accuracy=number("train_balanced_accuracy"),
        epochs_to_95pct=number("epochs_to_95pct"),
        seconds=float(row["seconds"]),
        recipe=row["recipe"],
    )
