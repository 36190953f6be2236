"""manifest.csv and skipped_files.csv: one row per file, UTF-8, names escaped (see ``names``)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from frostline.core.errors import StoreError
from frostline.core.store import atomic_file
from frostline.records import ImageRecord, SkippedFile

_COLUMNS = (
    "path", "label", "group", "split", "content", "width", "height", "mode", "format", "bytes", "phash",
    "mean_red", "mean_green", "mean_blue", "contrast", "sharpness", "saturation", "fold", "cluster", "notes",
)  # fmt: skip
_SKIPPED_COLUMNS = ("path", "outcome", "reason", "detail")


def write_records(path: Path, records: Sequence[ImageRecord]) -> None:
    """Write ``manifest.csv`` atomically; paths are escaped already.

    Raises:
        StoreError: it cannot be written.
    """
    with atomic_file(path, mode="w") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for r in records:
            facts = (r.content, r.width, r.height, r.mode, r.format, r.bytes, r.phash, *r.mean_rgb)
            ending = (r.contrast, r.sharpness, r.saturation, r.fold, r.cluster, ";".join(r.notes))
            writer.writerow((r.path, r.label, r.group, r.split, *facts, *ending))


def read_records(path: Path) -> tuple[ImageRecord, ...]:
    """Read ``manifest.csv``.

    Raises:
        StoreError: missing, another file, or damaged; the message names the line.
    """
    return tuple(_record(path, line, row) for line, row in _rows(path, _COLUMNS))


def write_skipped(path: Path, skipped: Sequence[SkippedFile]) -> None:
    """Write ``skipped_files.csv`` atomically.

    Raises:
        StoreError: it cannot be written.
    """
    with atomic_file(path, mode="w") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_SKIPPED_COLUMNS)
        for file in skipped:
            detail = file.detail.encode("utf-8", "backslashreplace").decode()
            writer.writerow((file.path, file.outcome, file.reason, " ".join(detail.split())))


def read_skipped(path: Path) -> tuple[SkippedFile, ...]:
    """Read ``skipped_files.csv``.

    Raises:
        StoreError: missing, another file, or damaged.
    """
    files = []
    for line, row in _rows(path, _SKIPPED_COLUMNS):
        outcome = row["outcome"]
        if outcome not in ("skipped", "ignored"):
            raise _damaged(path, line, f"outcome {outcome!r}")
        files.append(
            SkippedFile(row["path"], "skipped" if outcome == "skipped" else "ignored", row["reason"], row["detail"])
        )
    return tuple(files)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.reader(stream)
            header = tuple(next(reader, ()))
            if header != columns:
                raise StoreError(
                    f"{path} is not a table that Frostline wrote: expected the columns {', '.join(columns)}. "
                    f"Received: {', '.join(header) or 'an empty file'}.",
                    hint="name the run folder's own file, or scan the data folder again.",
                )
            for row in reader:
                if len(row) != len(columns):
                    raise _damaged(path, reader.line_num, f"{len(row)} cells instead of {len(columns)}")
                yield reader.line_num, dict(zip(columns, row, strict=True))
    except FileNotFoundError as error:
        raise StoreError(f"{path} does not exist.", hint="is this a folder that Frostline wrote?") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"{path} cannot be read: {error}.", hint="scan the data folder again.") from error


def _record(path: Path, line: int, row: dict[str, Any]) -> ImageRecord:
    try:
        return ImageRecord(
            path=row["path"],
            label=row["label"],
            group=row["group"],
            split=row["split"],
            content=row["content"],
            width=int(row["width"]),
            height=int(row["height"]),
            mode=row["mode"],
            format=row["format"],
            bytes=int(row["bytes"]),
            phash=row["phash"],
            mean_rgb=(float(row["mean_red"]), float(row["mean_green"]), float(row["mean_blue"])),
            contrast=float(row["contrast"]),
            sharpness=float(row["sharpness"]),
            saturation=float(row["saturation"]),
            fold=int(row["fold"]),
            cluster=int(row["cluster"]),
            notes=tuple(note for note in row["notes"].split(";") if note),
        )
    except ValueError as error:
        raise _damaged(path, line, str(error)) from error


def _damaged(path: Path, line: int, what: str) -> StoreError:
    return StoreError(f"{path}, line {line}: {what}.", hint="the file was changed; scan the data folder again.")
