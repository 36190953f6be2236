"""Writes the pages of ``docs/`` that are made from the code: ``python docs/generate.py``; ``--check`` compares only.

``docs/cli.md`` holds the help of every command, in plain text, 100 columns wide, so that it does not depend on the
terminal it was made on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
WIDTH = 100

HEADER = """\
# The command line

<!-- Written by `make docs` from `--help`; do not edit. -->
"""


def commands(command: Any, name: str, parent: Any = None) -> Iterator[tuple[str, str]]:
    """The path and the help of ``command`` and of every visible command below it, in the order of ``--help``.

    Args:
        command: what ``typer.main.get_command`` gave, or a command of it.
        name: as typed.
        parent: the context of the group it belongs to.
    """
    command.rich_markup_mode = None
    context = command.context_class(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH, color=False
    )
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    yield context.command_path, text.strip()
    if not hasattr(command, "list_commands"):
        return
    for below in command.list_commands(context):
        child = command.get_command(context, below)
        if not child.hidden:
            yield from commands(child, below, context)


def cli_page(app: Any) -> str:
    """The Markdown page of a typer application's help."""
    from typer.main import get_command

    sections = [f"## `{path}`\n\n```text\n{text}\n```\n" for path, text in commands(get_command(app), "frostline")]
    return "\n".join([HEADER, *sections])


def _frostline_cli_page() -> str:
    # Help must not show what differs between machines.
    for name in ("COLUMNS", "LINES", "FORCE_COLOR", "TERMINAL_WIDTH"):
        os.environ.pop(name, None)
    os.environ["NO_COLOR"] = "1"
    from frostline.cli.app import app

    return cli_page(app)


PAGES: dict[str, Callable[[], str]] = {"cli.md": _frostline_cli_page}


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which are out of step: exit code 1."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python docs/generate.py [--check]\n")
        return 2
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not arguments:
            path.write_text(text, encoding="utf-8", newline="\n")
    for name in stale:
        sys.stdout.write(f"docs/{name}: {'out of step with the code; run `make docs`' if arguments else 'written'}\n")
    return 1 if stale and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
