import copy
import io
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from frostline.report import render_report, write_report
from frostline.report.terminal import print_answer

HOSTILE = '<script>alert("x")</script>\n&\'"'


def results(name: str = "scripts", label: str = "Greek") -> dict[str, Any]:
    interval = {"value": 0.7, "low": 0.65, "high": 0.75, "level": 0.95}
    row = {
        "name": "classic",
        "kind": "baseline",
        "balanced_accuracy": 0.7,
        "ci_low": 0.65,
        "ci_high": 0.75,
        "train_balanced_accuracy": 0.99,
        "epochs_to_95pct": 4.2,
        "seconds": 3.0,
        "recipe": "recipes/classic.toml",
    }
    control = {**row, "name": "raw_pixels", "kind": "control", "balanced_accuracy": 0.4, "recipe": ""}
    control |= {"train_balanced_accuracy": None, "epochs_to_95pct": None}
    finding = {
        "cause": "wrong_layer",
        "kind": "repair",
        "verdict": "confirmed",
        "reason": "paired on 600 images",
        "effect": 0.05,
        "ci": [0.02, 0.08],
        "tied_with": [],
        "cost_seconds": 3.0,
        "evidence": {"tapped": label},
        "fix": {"freeze.taps": ["middle"], "say": f"Tap {label}."},
        "explanation": "Deep layers forget.",
    }
    untested = {**finding, "cause": "leakage", "verdict": "not tested", "effect": None, "ci": None, "fix": None}
    return {
        "schema": 1,
        "frostline": "0",
        "verdict": f"Tap {label}: +0.05.",
        "ailments": ["low accuracy"],
        "findings": [finding, untested],
        "leaderboard": [row, control],
        "data": {
            "name": name,
            "path": f"/data/{name}",
            "images": 600,
            "images_found": 600,
            "classes": {label: 300, "Latin": 300},
            "groups": 30,
            "folds": 5,
            "notes": [f"1 class folder holds no file: {label}"],
            "skipped": [{"path": f"{label}/bad.png", "outcome": "skipped", "reason": "empty file", "detail": label}],
            "skipped_total": 1,
            "ignored_total": 2,
        },
        "backbone": {
            "name": "googlenet",
            "source": name,
            "licence": "x",
            "trained_on": "ImageNet-1k",
            "digest": "ab" * 32,
            "size": 224,
            "resize": "squash",
        },
        "checks": [
            {"check": "tiny", "severity": "warning", "summary": label, "figures": {}, "examples": {label: [label]}}
        ],
        "depth": [
            {
                "cut": {"name": label, "depth": 0, "channels": 8, "stride": 2},
                "accuracy": interval,
                "inner_accuracy": 0.7,
                "shift": 0.4,
                "scores": {"logme": 0.1},
            }
        ],
        "learning_curve": {
            "say": "Twice the images would give +0.02.",
            "images": [60, 480],
            "balanced_accuracy": [0.5, 0.7],
        },
        "confusion": [[250, 50], [40, 260]],
        "plan": {"modelled_seconds": {}, "left_out": {"learning curve": label}},
    }


class Page(HTMLParser):
    """Every tag and every attribute, and the tags that are open."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_shows_what_was_measured() -> None:
    text = render_report(results())
    assert Page(text).open == []
    for shown in ("+0.050", "0.700", "Tap Greek", "raw_pixels", "Twice the images", "Deep layers forget"):
        assert shown in text


def test_everything_from_outside_is_escaped() -> None:
    page = Page(render_report(results(HOSTILE, HOSTILE)))
    assert page.open == []
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_page_asks_the_network_for_nothing() -> None:
    page = Page(render_report(results()))
    assert not [a for _, attributes in page.tags for a in attributes if a in ("src", "href", "srcset")]
    assert not re.search(r"url\(|@import|https?://", render_report(results()))


def test_the_page_lives_without_depth_curve_and_skips(tmp_path: Path) -> None:
    bare = copy.deepcopy(results())
    bare |= {"depth": [], "learning_curve": None, "confusion": [[0, 0], [0, 0]]}
    bare["data"]["skipped"] = []
    bare["plan"]["left_out"] = {}
    write_report(tmp_path / "report.html", bare)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert Page(text).open == []
    assert "By depth" not in text


@pytest.mark.parametrize("label", ["Greek", HOSTILE, "[red]x[/red]"])
def test_the_terminal_answer_holds_the_numbers_and_survives_markup(label: str, tmp_path: Path) -> None:
    stream = io.StringIO()
    print_answer(results(label=label), tmp_path, Console(file=stream, width=120))
    text = stream.getvalue()
    for shown in ("+0.050", "0.700", "wrong_layer", "not tested", "raw_pixels", "0.40"):
        assert shown in text
    if "[red]" in label:
        assert "[red]" in text


def test_the_report_imports_no_deep_learning() -> None:
    code = (
        "import sys; import frostline.report, frostline.report.terminal, frostline.report.figures;"
        "bad = [m for m in ('keras', 'tensorflow', 'torch', 'onnxruntime', 'openvino') if m in sys.modules];"
        "sys.exit(1 if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
