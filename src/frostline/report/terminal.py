"""The answer on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from frostline.records import CheckResult, SkippedFile, to_json

_WIDTH = 100
_BAR = 24
_VERDICT_STYLE = {"confirmed": "bold red", "ruled out": "green", "inconclusive": "yellow", "not tested": "dim"}
_SEVERITY_STYLE = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}
_LISTED = 5


def print_answer(results: Mapping[str, Any], run: Path, console: Console | None = None) -> None:
    """Verdict, findings, leaderboard, depth and data health on standard output."""
    console = console or _console()
    data, backbone = results["data"], results["backbone"]
    console.print()
    console.print(
        Panel(
            escape(results["verdict"]),
            title=f"{escape(data['name'])} on frozen {escape(backbone['name'])}",
            subtitle=f"{data['images']} images, {len(data['classes'])} classes, {data['groups']} groups",
            border_style="blue",
            padding=(1, 2),
        )
    )
    console.print(_findings(results["findings"]))
    console.print(_leaderboard(results["leaderboard"]))
    if results["depth"]:
        console.print(_depth(results["depth"]))
    if results.get("learning_curve"):
        console.print(Text("  " + str(results["learning_curve"]["say"]) + "\n"))
    console.print(_checks(results["checks"]))
    console.print(
        _skipped(
            data["skipped_total"],
            data["ignored_total"],
            [s["path"] for s in data["skipped"] if s["outcome"] == "skipped"],
        )
    )
    for note in data["notes"]:
        console.print(Text(f"  {note}"))
    console.print(Text.assemble("  Run folder  ", (str(run), "bold")))
    console.print(Text.assemble("  Report      ", (str(run / "report.html"), "bold")))


def print_checks(
    name: str,
    images: int,
    classes: int,
    checks: Sequence[CheckResult],
    skipped: Sequence[SkippedFile],
    console: Console | None = None,
) -> None:
    """The health of a data set on standard output."""
    console = console or _console()
    console.print(Text(f"\n  {name}: {images} images in {classes} classes\n"))
    console.print(_checks(to_json(tuple(checks))))
    lost = [item.path for item in skipped if item.outcome == "skipped"]
    console.print(_skipped(len(lost), len(skipped) - len(lost), lost))


def _console() -> Console:
    # Without a terminal (a file, a pipe) lines keep a width at which the tables can be read.
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def _findings(findings: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = _table("Findings", "cause", "kind", "verdict", "effect", "interval")
    remarks = []
    for finding in findings:
        effect = "" if finding["effect"] is None else f"{finding['effect']:+.3f}"
        interval = "" if finding["ci"] is None else f"{finding['ci'][0]:+.3f} {finding['ci'][1]:+.3f}"
        table.add_row(
            escape(finding["cause"]),
            finding["kind"],
            Text(finding["verdict"], style=_VERDICT_STYLE[finding["verdict"]]),
            effect,
            interval,
        )
        say = (finding["fix"] or {}).get("say") or (finding["reason"] if finding["verdict"] == "not tested" else "")
        if say:
            remarks.append(Padding(Text(f"{finding['cause']}: {say}"), (0, 0, 0, 2)))
    return Group(table, *remarks)


def _leaderboard(rows: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = _table(
        "Balanced accuracy on the same outer folds", "name", "kind", "accuracy", "95 % interval", "train", ""
    )
    for row in rows:
        train = "" if row["train_balanced_accuracy"] is None else f"{row['train_balanced_accuracy']:.3f}"
        epochs = "" if row["epochs_to_95pct"] is None else f"{row['epochs_to_95pct']:.1f} epochs to 95 %"
        table.add_row(
            Text(row["name"], style="bold" if row["kind"] == "baseline" else ""),
            row["kind"],
            f"{row['balanced_accuracy']:.3f}",
            f"{row['ci_low']:.3f} {row['ci_high']:.3f}",
            train,
            epochs,
        )
    return table


def _depth(points: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = _table("By depth", "cut", "channels", "accuracy of a linear probe", "", "shift")
    top = max(point["accuracy"]["value"] for point in points)
    for point in points:
        value = point["accuracy"]["value"]
        bar = "█" * max(1, round(_BAR * value / max(top, 1e-9)))
        shift = "" if point["shift"] is None else f"{point['shift']:.2f}"
        style = "bold" if value == top else ""
        table.add_row(
            escape(point["cut"]["name"]),
            str(point["cut"]["channels"]),
            Text(bar, style="blue"),
            Text(f"{value:.3f}", style),
            shift,
        )
    return table


def _checks(checks: Sequence[Mapping[str, Any]]) -> RenderableType:
    table = _table("Data health", "check", "", "")
    for check in checks:
        table.add_row(
            escape(check["check"]),
            Text(check["severity"], style=_SEVERITY_STYLE[check["severity"]]),
            escape(check["summary"]),
        )
    return table


def _skipped(skipped: int, ignored: int, paths: Sequence[str]) -> RenderableType:
    lines = [f"  {skipped} files skipped, {ignored} ignored"]
    lines += [f"    {textwrap.shorten(path, 90)}" for path in paths[:_LISTED]]
    if skipped > _LISTED:
        lines.append("    ... all of them in skipped_files.csv")
    return Group(*(Text(line) for line in lines), Text(""))


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        expand=False,
    )
    table.title = f"\n{title}"
    for column in columns:
        right = column in ("effect", "accuracy", "train", "shift", "channels")
        table.add_column(
            column,
            justify="right" if right else "left",
            no_wrap=column not in ("", "shift"),
            header_style="dim",
        )
    return table
