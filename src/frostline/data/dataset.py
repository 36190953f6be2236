"""The data set: labelled, grouped, hashed images, and the one way from an index to pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frostline.core.errors import DataError, DecodeError
from frostline.core.hashing import hash_bytes, hash_json
from frostline.core.progress import Progress, SilentProgress
from frostline.data.arrays import ArraySource, read_arrays
from frostline.data.assemble import Assembled, Place, assemble
from frostline.data.decode import decode_image
from frostline.data.duplicates import joined_groups
from frostline.data.folder import Listing, list_folder, list_folder_pair
from frostline.data.grouping import group_names
from frostline.data.manifest import read_records, read_skipped, write_records, write_skipped
from frostline.data.names import escape_name, file_below
from frostline.data.scan import IMAGE_SUFFIXES, read_bytes, scan_files
from frostline.data.table import list_table
from frostline.pixels import resize_and_crop
from frostline.records import ImageRecord, InputContract, SkippedFile
from frostline.stats import grouped_stratified_folds


@dataclass(frozen=True)
class Dataset:
    """An immutable set of labelled images. Holds records, never pixels (those of arrays stay the caller's).

    Attributes:
        name: of the folder, table or arrays.
        root: the data folder; None for arrays.
        records: one per usable image.
        skipped: every other file that was seen: skipped or ignored, with its reason.
        notes: what was handled and is worth saying, one sentence each.
        arrays: where pixels come from when there are no files.
    """

    name: str
    root: Path | None
    records: tuple[ImageRecord, ...]
    skipped: tuple[SkippedFile, ...] = ()
    notes: tuple[str, ...] = ()
    arrays: ArraySource | None = None

    @classmethod
    def from_folder(
        cls,
        path: Path | str,
        *,
        group_by: str | None = None,
        validation: Path | str | None = None,
        progress: Progress | None = None,
        journal: Path | None = None,
        workers: int | None = None,
    ) -> Dataset:
        """Read a folder with a folder per class, or ``{train,val,test}`` with a folder per class each.

        Args:
            path: the data folder. Deeper folders belong to their class. Links are followed.
            group_by: regular expression, searched in the path below the data folder; see ``group_names``.
            validation: the user's own validation folder, a folder per class. Its images get the split ``val``, the
                others ``train``; paths are then below the folder that holds both.
            progress: told of every image.
            journal: file that lets an interrupted scan go on.
            workers: threads.

        Raises:
            DataError: no such folder, no class folders, fewer than two usable classes, a path without a group.
            TaskNotSupportedError: data for detection, segmentation or multi-label classification.
            UsageError: ``group_by`` is no regular expression.
            StoreError: the journal cannot be written.
        """
        source = Path(path)
        if validation is None:
            root, listing = source, list_folder(source)
        else:
            root, listing = list_folder_pair(source, Path(validation))
        return cls._read(source, listing, root, group_by, progress or SilentProgress(), journal, workers)

    @classmethod
    def from_csv(
        cls,
        path: Path | str,
        *,
        root: Path | str | None = None,
        group_by: str | None = None,
        progress: Progress | None = None,
        journal: Path | None = None,
        workers: int | None = None,
    ) -> Dataset:
        """Read a table with the columns ``path,label`` and, if there, ``group`` and ``split``.

        Args:
            path: the table; comma, semicolon or tab, with or without BOM.
            root: what the paths are relative to; by default the table's folder. Paths that lead out of it are skipped.
            group_by, progress, journal, workers: as for ``from_folder``; ``group_by`` comes before the column.

        Raises:
            As ``from_folder``, and DataError for a table that lacks columns or rows.
        """
        table = Path(path)
        base = Path(root) if root is not None else table.parent
        return cls._read(table, list_table(table, base), base, group_by, progress or SilentProgress(), journal, workers)

    @classmethod
    def from_arrays(
        cls,
        images: Any,
        labels: Any,
        *,
        groups: Sequence[Any] | None = None,
        name: str = "arrays",
        progress: Progress | None = None,
    ) -> Dataset:
        """Wrap images that are in memory (or memory-mapped); they are not copied.

        Args:
            images: ``(n, h, w)`` or ``(n, h, w, 1|3|4)``, or a list of such images of different sizes; uint8, bool,
                uint16, integers 0..255, floats 0..1 or 0..255. Channels first are recognised.
            labels: ``(n,)`` strings or integers, or ``(n, classes)`` one-hot.
            groups: ``(n,)``, or None.
            name: for reports.
            progress: told of every image.

        Raises:
            DataError: empty, wrong rank, value range or number of labels.
            TaskNotSupportedError: several labels per image.
        """
        progress = progress or SilentProgress()
        read = read_arrays(images, labels, groups)
        progress.start("Reading images", len(read.places))
        assembled = assemble(name, read.places, read.source.scan(progress.advance), ())
        progress.finish(f"{len(assembled.records)} images")
        return cls(name, None, assembled.records, assembled.skipped, (*read.notes, *assembled.notes), read.source)

    @classmethod
    def read_manifest(cls, path: Path | str, root: Path | str | None) -> Dataset:
        """Read what ``write_manifest`` wrote; ``skipped_files.csv`` beside it is read too. No image is opened.

        Args:
            path: ``manifest.csv``.
            root: the data folder; None when pixels are not needed.

        Raises:
            StoreError: missing, or not a manifest.
        """
        file = Path(path)
        beside = file.with_name("skipped_files.csv")
        skipped = read_skipped(beside) if beside.exists() else ()
        base = Path(root) if root is not None else None
        return cls(base.name if base else file.stem, base, read_records(file), skipped)

    def write_manifest(self, path: Path | str) -> None:
        """Write ``manifest.csv``, a row per usable image, atomically. ``read_manifest`` gives the same digest.

        Raises:
            StoreError: it cannot be written.
        """
        write_records(Path(path), self.records)

    def write_skipped(self, path: Path | str) -> None:
        """Write ``skipped_files.csv``: every file that was seen and not used, with its reason, atomically.

        Raises:
            StoreError: it cannot be written.
        """
        write_skipped(Path(path), self.skipped)

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The classes, sorted as strings."""
        return tuple(sorted({record.label for record in self.records}))

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """``(n,)`` int64, read-only: indices into ``class_names``."""
        index = {name: i for i, name in enumerate(self.class_names)}
        return _frozen([index[record.label] for record in self.records])

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """``n`` names: the user's groups, merged where near-duplicates link them. Never split a group."""
        return joined_groups([record.group for record in self.records], self.clusters)

    @cached_property
    def clusters(self) -> NDArray[np.int64]:
        """``(n,)`` int64, read-only: cluster of (near-)duplicates, -1 for images that are like no other."""
        return _frozen([record.cluster for record in self.records])

    @cached_property
    def folds(self) -> NDArray[np.int64]:
        """``(n,)`` int64, read-only: outer fold of each image, -1 before ``with_folds``."""
        return _frozen([record.fold for record in self.records])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of (path, content, label, group, split) of all rows; folds do not change it."""
        rows = zip(self.records, self.groups, strict=True)
        return hash_json([[r.path, r.content, r.label, group, r.split] for r, group in rows])

    @property
    def files_seen(self) -> int:
        """Used + skipped + ignored."""
        return len(self.records) + len(self.skipped)

    @property
    def skipped_share(self) -> float:
        """Share, 0..1, of files that should have been images and are not used; above .01 the command line objects."""
        lost = sum(file.outcome == "skipped" for file in self.skipped)
        return lost / max(1, lost + len(self.records))

    def with_folds(self, k: int, *, seed: int) -> Dataset:
        """The same data set with outer folds: grouped by ``groups``, stratified by class.

        Raises:
            DataError: there are too few groups.
        """
        folds = grouped_stratified_folds(self.labels, self.groups, k, seed=seed)
        records = tuple(replace(r, fold=int(fold)) for r, fold in zip(self.records, folds, strict=True))
        return replace(self, records=records)

    def subset(self, indices: Sequence[int]) -> Dataset:
        """The same data set with these images only, in this order.

        Raises:
            IndexError: an index that does not exist.
        """
        return replace(self, records=tuple(self.records[index] for index in indices))

    def image(self, index: int, *, draft_to: int | None = None) -> Image.Image:
        """One image as RGB at its own size: for geometric filters.

        Args:
            index: of the record.
            draft_to: see ``decode_image``; only where nothing but ``resize_and_crop`` follows.

        Raises:
            DataError: the file is missing, changed since it was scanned, or cannot be read.
        """
        record = self.records[index]
        if self.arrays is not None:
            return self.arrays.image(int(record.path.rsplit("/", 1)[1]))
        if self.root is None:
            raise DataError(f"{self.name}: the pixels of {record.path} are not at hand.", hint="name the data folder.")
        file = file_below(self.root, record.path)
        try:
            data = read_bytes(file)
            if hash_bytes(data) != record.content:
                raise DecodeError("Its content changed since the data set was scanned.", reason="changed")
            return decode_image(data, draft_to=draft_to).image
        except (OSError, DecodeError) as error:
            detail = error.message if isinstance(error, DecodeError) else f"{error.strerror or error}."
            raise DataError(
                f"{escape_name(str(file))}: {detail}", hint="restore the file, or scan the data folder again."
            ) from error

    def pixels(self, index: int, contract: InputContract) -> NDArray[np.uint8]:
        """One image as the network's contract wants it, before value scaling: decode, EXIF, RGB, resize and crop.

        Returns:
            ``(size, size, 3)`` uint8, RGB, 0..255.

        Raises:
            DataError: as ``image``.
        """
        return resize_and_crop(self.image(index, draft_to=max(contract.size, contract.shorter_side)), contract)

    @classmethod
    def _read(
        cls,
        source: Path,
        listing: Listing,
        root: Path,
        group_by: str | None,
        progress: Progress,
        journal: Path | None,
        workers: int | None,
    ) -> Dataset:
        # A pattern that does not fit is told before hours of reading. Files of other kinds need not match.
        group_names([row.for_pattern for row in listing.rows if row.file.suffix.lower() in IMAGE_SUFFIXES], group_by)
        found = list(
            scan_files([row.file for row in listing.rows], progress=progress, journal=journal, workers=workers)
        )
        places = _places(listing, [hasattr(fact, "content") for fact in found], group_by)
        name = escape_name(source.resolve().name) or "data"
        assembled: Assembled = assemble(name, places, found, listing.passed_over)
        return cls(name, root, assembled.records, assembled.skipped, (*listing.notes, *assembled.notes))


def _places(listing: Listing, usable: Iterable[bool], group_by: str | None) -> list[Place]:
    flags = list(usable)
    used = [row for row, is_usable in zip(listing.rows, flags, strict=True) if is_usable]
    names = iter(group_names([row.for_pattern if group_by else row.path for row in used], group_by))
    places = []
    for row, is_usable in zip(listing.rows, flags, strict=True):
        by_pattern = next(names) if is_usable else ""
        group = by_pattern if group_by is not None or row.group is None else row.group
        places.append(Place(row.path, row.label, group, row.split))
    return places


def _frozen(values: list[int]) -> NDArray[np.int64]:
    array = np.array(values, np.int64)
    array.flags.writeable = False
    return array
