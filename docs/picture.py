"""Writes ``docs/answer.svg``, the README's picture of the terminal answer: ``python docs/picture.py RUN``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from frostline.report.terminal import print_answer
from frostline.workflow.run import Run


def main(run: Path) -> None:
    """Draw the answer of ``run``."""
    console = Console(record=True, width=104, file=io.StringIO(), force_terminal=True)
    print_answer(Run(run).results, Path("frostline-runs") / run.name, console)
    console.save_svg(str(Path(__file__).with_name("answer.svg")), title="frostline diagnose")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
