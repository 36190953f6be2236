"""``log.txt``: every stage and every remark of a run, with the time, beside whatever the caller shows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO

from frostline.core.errors import StoreError
from frostline.core.progress import Progress, Stages


class LoggedProgress:
    """Passes progress on, and appends stages and remarks to a log file. A context manager.

    Args:
        path: the log; appended to, so that it tells of every start of a resumed run.
        shown: receives everything as well.

    Raises:
        StoreError: the log cannot be opened.
    """

    def __init__(self, path: Path, shown: Progress) -> None:
        self._shown = shown
        self._stages = Stages()
        try:
            self._stream: IO[str] = path.open("a", encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"The log {path} cannot be written: {error.strerror}.", hint="name another run folder with --out."
            ) from error

    def __enter__(self) -> LoggedProgress:
        self._write("started")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("finished" if kind is None else f"stopped: {kind.__name__}: {error}".rstrip(": "))
        self._stream.close()

    def start(self, stage: str, total: int | None) -> None:
        """Passed on; remembered for the line that ``finish`` writes."""
        self._stages.push(stage, total)
        self._shown.start(stage, total)

    def advance(self, items: int = 1) -> None:
        """Passed on; not logged."""
        self._shown.advance(items)

    def finish(self, note: str = "") -> None:
        """Passed on, and logged with the seconds that the stage took."""
        stage = self._stages.pop()
        self._write(f"{stage.name}: {note or 'done'} ({stage.seconds:.1f} s)")
        self._shown.finish(note)

    def say(self, message: str) -> None:
        """Passed on, and logged."""
        self._write(message)
        self._shown.say(message)

    def _write(self, line: str) -> None:
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        self._stream.write(f"{stamp} {' '.join(line.splitlines())}\n")
        self._stream.flush()
