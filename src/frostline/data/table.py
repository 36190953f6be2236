"""A CSV table with the columns path, label and, if there, group and split."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from pathlib import Path

from frostline.core.errors import DataError, TaskNotSupportedError
from frostline.data.folder import SPLIT_NAMES, Listing, Row
from frostline.data.names import escape_name
from frostline.data.tasks import MULTI_LABEL_SHARE, refuse_label_lists
from frostline.records import SkippedFile

_PATH_COLUMNS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "image_id", "id")
_LABEL_COLUMNS = ("label", "class", "class_name", "category", "target")
_BLANK_LABELS = frozenset({"", "nan", "none", "null", "n/a", "na", "?"})
_FEW = 3


def list_table(table: Path, root: Path) -> Listing:
    """Read a table: UTF-8 with or without BOM, any line ends; comma, semicolon or tab, as the header has it.

    A row is skipped, and listed, when its label is blank (also ``nan``, ``none``, ``null``, ``na``, ``?``), its file
    is missing, or its path leads out of ``root``; when an image has several labels, all its rows are. A row that
    repeats another is ignored. Labels are text, stripped: ``1`` and ``01`` differ.

    Args:
        table: the CSV file.
        root: what relative paths are relative to. Absolute paths are used if they lie below it.

    Raises:
        DataError: missing, empty, not UTF-8, no columns path and label, an unknown split, or no usable row.
        TaskNotSupportedError: several labels per image.
    """
    header, rows = _parse(table)
    columns = {name: header.index(name) for name in header}
    path_at = next((columns[name] for name in _PATH_COLUMNS if name in columns), None)
    label_at = next((columns[name] for name in _LABEL_COLUMNS if name in columns), None)
    if path_at is None or label_at is None:
        _refuse_indicator_columns(table, header, rows)
        raise DataError(
            f"{table}: expected the columns path,label (and, if wanted, group,split). Received: {', '.join(header)}.",
            hint="rename the columns in the first line.",
        )
    refuse_label_lists([row[label_at].strip() for _, row in rows if row[label_at].strip()])
    found: list[Row] = []
    passed_over: list[SkippedFile] = []
    for line, cells in rows:
        path, label = cells[path_at].strip(), cells[label_at].strip()
        group = cells[columns["group"]].strip() if "group" in columns else ""
        split = _split(table, line, cells[columns["split"]]) if "split" in columns else ""
        below = _below(root, path)
        shown = escape_name(below if below is not None else path) or f"line {line}"
        if label.lower() in _BLANK_LABELS:
            passed_over.append(SkippedFile(shown, "skipped", "blank label", f"{table.name}, line {line}."))
        elif below is None:
            detail = (
                f"{table.name}, line {line}: the path leads out of the folder {root.resolve()}, where the table lies."
            )
            passed_over.append(SkippedFile(shown, "skipped", "outside the data folder", detail))
        elif not (root / below).is_file():
            passed_over.append(SkippedFile(shown, "skipped", "missing file", f"{table.name}, line {line}."))
        else:
            found.append(Row(shown, root / below, escape_name(label), split, escape_name(group) or None))
    kept, repeated = _resolve_repeats(table, found)
    passed_over.extend(repeated)
    if not kept:
        reasons = Counter(file.reason for file in passed_over)
        raise DataError(
            f"{table}: none of {len(rows)} rows can be used: {', '.join(f'{n} x {r}' for r, n in reasons.items())}.",
            hint=f"paths are relative to the table's folder, {root.resolve()}; put the table beside the images.",
        )
    return Listing(tuple(kept), tuple(passed_over), ())


def _parse(table: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        text = table.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror or error}.", hint="check the path.") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{table} is not UTF-8 (byte {error.start}).", hint='save it as "CSV UTF-8", or give a folder per class.'
        ) from error
    first = text.split("\n", 1)[0]
    if not first.strip() or "\0" in text:
        raise DataError(f"{table} is empty or not a text file.", hint="its first line must be: path,label")
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = [name.strip().lower() for name in next(reader)]
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"{table} is no proper CSV: {error}.", hint="look for a quote that is not closed.") from error
    if len(set(header)) < len(header):
        raise DataError(f"{table} has a column twice: {', '.join(header)}.", hint="remove one of them.")
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{table}, line {line}: {len(row)} cells, but the header has {len(header)}.",
                hint="quote cells that hold the separator.",
            )
    if not rows:
        raise DataError(f"{table} has a header and no rows.", hint="add a line per image: path,label")
    return header, rows


def _below(root: Path, path: str) -> str | None:
    """``path`` relative to ``root`` with ``/``, or None when it leads out of it. Links are not resolved."""
    if not path or "\0" in path:
        return None
    base = str(root.absolute())
    whole = os.path.normpath(os.path.join(base, path))  # noqa: PTH118 (resolve() would follow links out of the root)
    if not whole.startswith(base.rstrip(os.sep) + os.sep):
        return None
    return Path(os.path.relpath(whole, base)).as_posix()


def _split(table: Path, line: int, cell: str) -> str:
    name = cell.strip().lower()
    if name and name not in SPLIT_NAMES:
        raise DataError(
            f"{table}, line {line}: unknown split {cell!r}.", hint=f"use one of: {', '.join(SPLIT_NAMES)}, or nothing."
        )
    return SPLIT_NAMES.get(name, "")


def _resolve_repeats(table: Path, rows: list[Row]) -> tuple[list[Row], list[SkippedFile]]:
    labels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        labels[row.path].add(row.label)
    torn = {path for path, found in labels.items() if len(found) > 1}
    if len(torn) >= _FEW and len(torn) > MULTI_LABEL_SHARE * len(labels):
        raise TaskNotSupportedError(
            f"{table}: {len(torn)} of {len(labels)} images have rows with different labels: multi-label data.",
            hint="Frostline classifies whole images: one label per image.",
        )
    kept: list[Row] = []
    passed_over: list[SkippedFile] = []
    seen: set[str] = set()
    for row in rows:
        if row.path in torn:
            detail = f"Its rows say {', '.join(sorted(labels[row.path]))}."
            passed_over.append(SkippedFile(row.path, "skipped", "contradicting labels", detail))
        elif row.path in seen:
            passed_over.append(SkippedFile(row.path, "ignored", "repeated row", "Its first row is used."))
        else:
            seen.add(row.path)
            kept.append(row)
    return kept, passed_over


def _refuse_indicator_columns(table: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> None:
    flags = [i for i in range(len(header)) if {row[i].strip() for _, row in rows} <= {"0", "1", "0.0", "1.0"}]
    if len(flags) < 2:
        return
    sums = {sum(float(row[i]) for i in flags) for _, row in rows}
    names = ", ".join(header[i] for i in flags[:5])
    if sums == {1.0}:
        raise DataError(
            f"{table} has a 0/1 column per class ({names}).", hint="write one column label with the class's name."
        )
    raise TaskNotSupportedError(
        f"{table} has {len(flags)} columns of 0 and 1 ({names}) with several ones in a row: multi-label data.",
        hint="Frostline classifies whole images: one label per image.",
    )
