"""Progress for people: a calm line on a terminal, plain lines elsewhere. Always on standard error."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from frostline.core.progress import Stages

# Without a terminal, a long stage says where it is this often.
_PLAIN_SECONDS = 30.0


class TerminalProgress:
    """One line for the stage that is going on; finished stages stay above it. A context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._stages = Stages()
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def start(self, stage: str, total: int | None) -> None:
        """Show a bar for the stage."""
        self._stages.push(stage, total)
        self._show_innermost()

    def advance(self, items: int = 1) -> None:
        """Move the bar."""
        stage = self._stages.innermost
        if stage is not None and self._task is not None:
            stage.done += items
            self._bars.advance(self._task, items)

    def finish(self, note: str = "") -> None:
        """Replace the bar by a line with the result and the seconds."""
        stage = self._stages.pop()
        self._show_innermost()
        self.say(f"{stage.name}: {note or 'done'} ({stage.seconds:.1f} s)")

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        self._console.print(f"  {_plain(message)}", highlight=False)

    def _show_innermost(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None
        stage = self._stages.innermost
        if stage is not None:
            self._task = self._bars.add_task(_plain(stage.name), total=stage.total, completed=stage.done)


class PlainProgress:
    """One line per finished stage, and one every half minute of a long one. A context manager."""

    def __init__(self) -> None:
        self._stages = Stages()
        self._told = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def start(self, stage: str, total: int | None) -> None:
        """Remember the stage."""
        self._stages.push(stage, total)
        self._told = time.perf_counter()

    def advance(self, items: int = 1) -> None:
        """Count, and tell every half minute."""
        stage = self._stages.innermost
        if stage is None:
            return
        stage.done += items
        if time.perf_counter() - self._told >= _PLAIN_SECONDS:
            self._told = time.perf_counter()
            total = f"/{stage.total}" if stage.total else ""
            self.say(f"{stage.name}: {stage.done}{total} ({stage.seconds:.0f} s)")

    def finish(self, note: str = "") -> None:
        """One line for the stage."""
        stage = self._stages.pop()
        self.say(f"{stage.name}: {note or 'done'} ({stage.seconds:.1f} s)")

    def say(self, message: str) -> None:
        """One line."""
        print(" ".join(message.splitlines()), file=sys.stderr, flush=True)


class QuietProgress(PlainProgress):
    """Says nothing; for ``--quiet``."""

    def say(self, message: str) -> None:
        """Nothing."""


def progress_for(console: Console, *, quiet: bool = False) -> TerminalProgress | PlainProgress | QuietProgress:
    """The progress that fits where standard error goes."""
    if quiet:
        return QuietProgress()
    return TerminalProgress(console) if console.is_terminal else PlainProgress()


def _plain(text: str) -> str:
    return escape(" ".join(text.splitlines()))
