"""Progress, told through a protocol so that no layer below the command line knows about terminals."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
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


@dataclass
class Stage:
    """A stage that is going on.

    Attributes:
        name: as given.
        total: number of its items; None when it is not known.
        done: items that are done.
        started: ``time.perf_counter()`` when it began.
    """

    name: str
    total: int | None
    done: int = 0
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.started


class Stages:
    """The stages that are going on, the innermost last: one may begin within another."""

    def __init__(self) -> None:
        self._open: list[Stage] = []

    def push(self, name: str, total: int | None) -> Stage:
        """A stage begins."""
        self._open.append(Stage(name, total))
        return self._open[-1]

    def pop(self) -> Stage:
        """The innermost stage ends."""
        return self._open.pop() if self._open else Stage("", None)

    @property
    def innermost(self) -> Stage | None:
        """The innermost stage; None when nothing is going on."""
        return self._open[-1] if self._open else None
