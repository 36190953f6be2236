"""Progress, told through a protocol so that no layer below the command line knows about terminals."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives what long work is doing. Implementations: silent (here), terminal and plain lines (``cli``)."""

    def start(self, stage: str, total: int | None) -> None:
        """A stage begins; ``total`` is its number of items, or None when it is not known."""

    def advance(self, items: int = 1) -> None:
        """``items`` more items of the current stage are done."""

    def finish(self, note: str = "") -> None:
        """The current stage is done; ``note`` says what came out."""

    def say(self, message: str) -> None:
        """A line worth keeping: goes to the log and to the terminal."""


class SilentProgress:
    """Says nothing."""

    def start(self, stage: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, items: int = 1) -> None:
        """Nothing."""

    def finish(self, note: str = "") -> None:
        """Nothing."""

    def say(self, message: str) -> None:
        """Nothing."""
