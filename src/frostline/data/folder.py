"""A folder per class, or DATA/{train,val,test} with a folder per class each."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from frostline.core.errors import DataError
from frostline.data.names import escape_name, same_but_case, same_looking
from frostline.data.scan import IMAGE_SUFFIXES
from frostline.data.tasks import refuse_other_tasks
from frostline.data.walk import Found, Walked, walk
from frostline.records import SkippedFile

# Names of split folders, and what they are called in the manifest.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A file with what is said about it.

    Attributes:
        path: below the data folder, escaped.
        file: where it is.
        label: name of its class, escaped.
        split: ``train``, ``val``, ``test`` or empty.
        group: as the table says; None where nothing says it.
        below: what group patterns see where that is not ``path``: the path below the folder that was named.
    """

    path: str
    file: Path
    label: str
    split: str
    group: str | None = None
    below: str = ""

    @property
    def for_pattern(self) -> str:
        """What a group pattern is matched against."""
        return self.below or self.path


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows to read, what is passed over, and what is worth saying about the layout."""

    rows: tuple[Row, ...]
    passed_over: tuple[SkippedFile, ...]
    notes: tuple[str, ...]


def list_folder(root: Path) -> Listing:
    """Interpret a folder: the first level is the class (below a split, the second), deeper levels belong to it.

    Raises:
        DataError: it does not exist, is no folder, cannot be read, or has no class folders.
        TaskNotSupportedError: it holds annotations of another task.
    """
    walked = _walk_checked(root)
    refuse_other_tasks(root, walked)
    top = [path for path in walked.folders if "/" not in path]
    depth = 1 if _is_split_layout(top, walked) else 0
    classes = sorted({path.split("/")[depth] for path in walked.folders if path.count("/") >= depth})
    if not classes:
        raise _no_classes(root, walked)
    _refuse_doubled_level(root, top, walked)
    notes = _name_notes(root, classes)
    rows, passed_over = [], list(walked.passed_over)
    for found in walked.files:
        if len(found.parts) < depth + 2:
            passed_over.append(_outside(found))
            continue
        split = SPLIT_NAMES[found.parts[0].lower()] if depth else ""
        rows.append(Row(found.path, found.file, found.parts[depth], split))
    empty = sorted(set(classes) - {row.label for row in rows})
    if empty:
        notes.append(f"{len(empty)} class folders hold no file and are left out: {', '.join(empty[:5])}")
    if any(len(row.path.split("/")) > depth + 2 for row in rows):
        notes.append(f"folders lie inside class folders; the class is the {'second' if depth else 'first'} level")
    if depth:
        notes.append(f"the folders {', '.join(top)} are taken for the user's own split")
    return Listing(tuple(rows), tuple(passed_over), tuple(notes))


def list_folder_pair(training: Path, validation: Path) -> tuple[Path, Listing]:
    """Two folders per class, one to train on and one to validate on, as one listing below the folder that holds both.

    Raises:
        DataError: as ``list_folder``; or one folder lies in the other.
    """
    train, val = training.resolve(), validation.resolve()
    if train == val or train in val.parents or val in train.parents:
        raise DataError(
            f"The validation folder {validation} and the data folder {training} overlap.",
            hint="name two separate folders, each with a folder per class.",
        )
    root = Path(os.path.commonpath([train, val]))
    rows: list[Row] = []
    passed_over: list[SkippedFile] = []
    notes: list[str] = []
    for folder, split in ((train, "train"), (val, "val")):
        listing = list_folder(folder)
        prefix = escape_name(folder.relative_to(root).as_posix())
        rows += [replace(row, path=f"{prefix}/{row.path}", below=row.path, split=split) for row in listing.rows]
        passed_over += [replace(item, path=f"{prefix}/{item.path}") for item in listing.passed_over]
        notes += [f"{folder.name}: {note}" for note in listing.notes]
    return root, Listing(tuple(rows), tuple(passed_over), tuple(notes))


def _walk_checked(root: Path) -> Walked:
    shown = escape_name(str(root))
    if not root.exists():
        raise DataError(f"The data folder {shown} does not exist.", hint="check the path.")
    if not root.is_dir():
        hint = "unpack it first." if root.suffix.lower() in (".zip", ".gz", ".tar", ".tgz", ".7z", ".rar") else (
            "give a folder with a folder per class, or a .csv file with the columns path,label."
        )  # fmt: skip
        raise DataError(f"Expected a data folder. Received the file {shown}.", hint=hint)
    try:
        return walk(root)
    except OSError as error:
        raise DataError(
            f"The data folder {shown} cannot be read: {error.strerror or error}.", hint="change its permissions."
        ) from error


def _is_split_layout(top: list[str], walked: Walked) -> bool:
    splits = {SPLIT_NAMES.get(name.lower()) for name in top}
    has_classes = {path.split("/")[0] for path in walked.folders if "/" in path} >= set(top)
    return len(top) >= 2 and None not in splits and "train" in splits and has_classes


def _refuse_doubled_level(root: Path, top: list[str], walked: Walked) -> None:
    inner = {path.split("/")[1] for path in walked.folders if path.count("/") == 1}
    if len(top) == 1 and len(inner) > 1:
        raise DataError(
            f"{root} holds one folder, {top[0]!r}, which would be the only class; it holds {len(inner)} folders.",
            hint=f"give the folder below: {root / top[0]}",
        )


def _no_classes(root: Path, walked: Walked) -> DataError:
    shown = escape_name(str(root))
    if not walked.files and not walked.passed_over:
        return DataError(f"The data folder {shown} is empty.", hint="put a folder of images per class into it.")
    images = sum(found.suffix in IMAGE_SUFFIXES for found in walked.files)
    tables = [found.path for found in walked.files if found.suffix == ".csv"]
    hint = f"give the table: {root / tables[0]}" if tables else "sort the images into one folder per class."
    return DataError(f"{shown} has no class folders; {images} images lie directly in it.", hint=hint)


def _name_notes(root: Path, classes: list[str]) -> list[str]:
    alike = same_looking(classes)
    if alike:
        first, second = alike[0]
        raise DataError(
            f"{root} has class folders whose names look the same but differ in Unicode form: "
            f"{first!r} ({first!a}) and {second!r} ({second!a}).",
            hint="merge or rename them.",
        )
    case = same_but_case(classes)
    return [f"class names differ only in case, and stay two classes: {a}, {b}" for a, b in case[:3]]


def _outside(found: Found) -> SkippedFile:
    if found.suffix in IMAGE_SUFFIXES:
        return SkippedFile(
            found.path, "skipped", "not in a class folder", "It lies beside the class folders: no label."
        )
    return SkippedFile(found.path, "ignored", "not an image file", "It lies beside the class folders.")
