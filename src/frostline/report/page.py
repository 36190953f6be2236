"""``report.html``: one self-contained page, from ``results.json`` alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frostline.core.store import write_text


def render_report(results: Mapping[str, Any]) -> str:
    """The page as HTML text. Everything from outside (class names, paths, sources) is escaped by the template."""
    import jinja2

    from frostline.report.figures import depth_chart, learning_chart

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("frostline.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A plain string, so that the template escapes it as it does everything else.
    environment.filters["as_json"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    rows = {row["name"]: row["balanced_accuracy"] for row in results["leaderboard"]}
    curve = results.get("learning_curve")
    return environment.get_template("report.html").render(
        results=results,
        depth_chart=depth_chart(results["depth"], raw_pixels=rows.get("raw_pixels"), classic=rows.get("classic"))
        if results["depth"]
        else "",
        learning_chart=learning_chart(curve["images"], curve["balanced_accuracy"]) if curve else "",
        confused=_most_confused(results),
    )


def write_report(path: Path, results: Mapping[str, Any]) -> None:
    """Write the page, atomically."""
    write_text(path, render_report(results))


def _most_confused(results: Mapping[str, Any], most: int = 12) -> list[tuple[str, str, int]]:
    names = list(results["data"]["classes"])
    pairs = [
        (names[true], names[taken], count)
        for true, row in enumerate(results["confusion"])
        for taken, count in enumerate(row)
        if true != taken and count
    ]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:most]
