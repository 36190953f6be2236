"""What people read: the page and the terminal answer, from ``results.json``. Needs no deep-learning framework."""

from frostline.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]
