"""Options that several commands share, and the consoles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

DataArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="A folder with a folder per class, or a CSV file (path,label[,group][,split])."
    ),
]
GroupByOption = Annotated[
    str,
    typer.Option(
        "--group-by",
        metavar="REGEX",
        help="Names the group of each image from its path below DATA (its captured groups, else the whole match). "
        "Images of one group never stand on both sides of a split.",
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option("--cache-dir", help="Folder of the cache; else FROSTLINE_CACHE_DIR, else ~/.cache/frostline."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output, nothing else.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
AllowSkippedOption = Annotated[
    bool,
    typer.Option("--allow-skipped", help="Exit with 0 even when more than 1 % of the images could not be read."),
]


def error_console() -> Console:
    """Standard error, for progress."""
    return Console(stderr=True)
