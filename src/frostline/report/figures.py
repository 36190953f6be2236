"""Charts as SVG with a title and a description; the numbers stand in tables beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 720, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 48, 16, 84


def depth_chart(points: Sequence[Mapping[str, Any]], *, raw_pixels: float | None, classic: float | None) -> Markup:
    """Probe accuracy (bars with intervals) and shift (line, right axis) by cut, with the controls as lines."""
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(points))
    parts = [_axis()]
    for value, css, name in ((raw_pixels, "control", "raw pixels"), (classic, "baseline", "classic recipe")):
        if value is not None:
            parts.append(
                f'<line class="{css}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{_y(value)}" y2="{_y(value)}"/>'
                f'<text class="{css}" x="{_WIDTH - _RIGHT - 4}" y="{_y(value) - 4:.1f}" text-anchor="end">'
                f"{name} {value:.3f}</text>"
            )
    shifts = [point["shift"] for point in points if point["shift"] is not None]
    top_shift = max(shifts, default=1.0) or 1.0
    line = []
    for index, point in enumerate(points):
        centre = _LEFT + step * (index + 0.5)
        accuracy = point["accuracy"]
        parts.append(
            f'<rect class="bar" x="{centre - step * 0.32:.1f}" width="{step * 0.64:.1f}" y="{_y(accuracy["value"])}" '
            f'height="{_y(0.0) - _y(accuracy["value"]):.1f}"><title>{escape(point["cut"]["name"])}: '
            f"{accuracy['value']:.3f} [{accuracy['low']:.3f}, {accuracy['high']:.3f}]</title></rect>"
            f'<line class="whisker" x1="{centre:.1f}" x2="{centre:.1f}" y1="{_y(accuracy["low"])}" '
            f'y2="{_y(accuracy["high"])}"/>'
            f'<text class="tick" transform="translate({centre + 3:.1f},{_HEIGHT - _BOTTOM + 12}) rotate(40)">'
            f"{escape(point['cut']['name'])}</text>"
        )
        if point["shift"] is not None:
            line.append(f"{centre:.1f},{_y(point['shift'] / top_shift)}")
    if line:
        parts.append(f'<polyline class="shift" points="{" ".join(line)}"/>')
        parts.append(
            f'<text class="shift" x="{_WIDTH - 4}" y="{_TOP + 4}" text-anchor="end">shift {top_shift:.2f}</text>'
        )
    return _svg("Accuracy and shift by depth", parts, _HEIGHT)


def learning_chart(sizes: Sequence[float], values: Sequence[float]) -> Markup:
    """Balanced accuracy of the probe by number of training images."""
    largest = max(sizes)
    points = [
        (_LEFT + (_WIDTH - _LEFT - _RIGHT) * size / largest, size, value)
        for size, value in zip(sizes, values, strict=True)
    ]
    parts = [_axis(), f'<polyline class="curve" points="{" ".join(f"{x:.1f},{_y(v)}" for x, _, v in points)}"/>']
    for x, size, value in points:
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{_y(value)}" r="4"><title>{size:.0f} images: {value:.3f}</title>'
            "</circle>"
            f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{size:.0f}</text>'
        )
    return _svg("Accuracy by number of training images", parts, _HEIGHT - _BOTTOM + 32)


def _y(share: float) -> float:
    return round(_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - min(1.0, max(0.0, share))), 1)


def _axis() -> str:
    lines = []
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{tenth / 10:.1f}</text>'
        )
    return "".join(lines)


def _svg(title: str, parts: Sequence[str], height: int) -> Markup:
    # The parts are our own markup; what comes from outside in them was escaped where it was put in.
    return Markup(  # noqa: S704
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" aria-label="{escape(title)}"><title>{escape(title)}</title>'
        + "".join(parts)
        + "</svg>"
    )
