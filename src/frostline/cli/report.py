"""``frostline report``."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer


def report_command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write report.html of RUN again from what the run holds, and show the answer. Imports no deep learning."""
    from jinja2 import UndefinedError

    from frostline.core.errors import StoreError
    from frostline.report import write_report
    from frostline.report.terminal import print_answer
    from frostline.workflow.run import Run

    results = Run(run).results
    page = run / "report.html"
    try:
        write_report(page, results)
        print_answer(results, run)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, UndefinedError) as error:
        raise StoreError(
            f"{run / 'results.json'} is damaged: {type(error).__name__}: {error}.",
            hint="run the same frostline diagnose command again; what was measured is used again.",
        ) from error
    if open_page:
        webbrowser.open(page.resolve().as_uri())
