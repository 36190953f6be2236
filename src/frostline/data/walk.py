"""Everything below a folder: files to read, folders, and what is passed over, with its reason."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from frostline.data.names import escape_name
from frostline.records import SkippedFile

_SYSTEM_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file below the data folder.

    Attributes:
        path: below the data folder, escaped, ``/`` separators.
        file: where it is.
    """

    path: str
    file: Path

    @property
    def parts(self) -> tuple[str, ...]:
        """The escaped path, cut at its separators."""
        return tuple(self.path.split("/"))

    @property
    def stem(self) -> str:
        """The file's name without folder and suffix."""
        return PurePosixPath(self.path).stem

    @property
    def suffix(self) -> str:
        """The file's suffix in lower case."""
        return PurePosixPath(self.path).suffix.lower()


@dataclass(slots=True)
class Walked:
    """What lies below a folder, in the order of names.

    Attributes:
        files: regular files, and links to them.
        folders: paths of folders that could be listed, escaped.
        passed_over: hidden and system files and folders (one row per folder), links that lead nowhere or in a circle,
            what may not be read.
    """

    files: list[Found] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    passed_over: list[SkippedFile] = field(default_factory=list)


def walk(root: Path) -> Walked:
    """List a folder to the bottom. Links to files and folders are followed; a folder inside itself is not.

    Raises:
        OSError: ``root`` itself cannot be listed.
    """
    walked = Walked()
    seen = root.stat()
    _list(root, "", ((seen.st_dev, seen.st_ino),), walked)
    return walked


def _list(folder: Path, prefix: str, above: tuple[tuple[int, int], ...], walked: Walked) -> None:
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        path = prefix + escape_name(entry.name)
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM_NAMES:
            what = "hidden or system folder" if entry.is_dir() else "hidden or system file"
            walked.passed_over.append(SkippedFile(path, "ignored", what, "Its name is one that tools leave behind."))
            continue
        try:
            status = entry.stat()
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError as error:
            walked.passed_over.append(_unreachable(entry, path, error))
            continue
        if is_folder:
            _enter(Path(entry.path), path, (status.st_dev, status.st_ino), above, walked)
        elif is_file:
            walked.files.append(Found(path, Path(entry.path)))
        else:
            walked.passed_over.append(
                SkippedFile(path, "ignored", "not a regular file", "It is a device, socket or pipe.")
            )


def _enter(
    folder: Path, path: str, identity: tuple[int, int], above: tuple[tuple[int, int], ...], walked: Walked
) -> None:
    if identity in above:
        detail = "The link leads to a folder that it lies in."
        walked.passed_over.append(SkippedFile(path, "ignored", "link in a circle", detail))
        return
    walked.folders.append(path)
    try:
        _list(folder, f"{path}/", (*above, identity), walked)
    except OSError as error:
        detail = f"{error.strerror or error}. What lies in it is not counted; change its permissions."
        walked.passed_over.append(SkippedFile(path, "skipped", "folder cannot be read", detail))


def _unreachable(entry: os.DirEntry[str], path: str, error: OSError) -> SkippedFile:
    if entry.is_symlink():
        # Too many levels of links is what the system calls a link to itself.
        reason = "dangling link" if isinstance(error, FileNotFoundError) else "link in a circle"
        return SkippedFile(path, "skipped", reason, f"{error.strerror or error}.")
    return SkippedFile(path, "skipped", "vanished", f"{error.strerror or error}.")
