"""From rows and what reading them gave, to the records of a data set: the last checks that all sources share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from frostline.core.errors import DataError
from frostline.data.duplicates import duplicate_clusters, joined_groups
from frostline.data.facts import Facts, Refusal
from frostline.data.tasks import refuse_many_classes_per_image
from frostline.records import ImageRecord, SkippedFile


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image stands in its data set. Attributes as in ``ImageRecord``."""

    path: str
    label: str
    group: str
    split: str


@dataclass(frozen=True, slots=True)
class Assembled:
    """Records, everything else that was seen, and what is worth saying."""

    records: tuple[ImageRecord, ...]
    skipped: tuple[SkippedFile, ...]
    notes: tuple[str, ...]


def assemble(
    name: str, places: Sequence[Place], found: Iterable[Facts | Refusal], passed_over: Sequence[SkippedFile]
) -> Assembled:
    """Join places and facts, find duplicates, and leave out the classes that cannot be both learnt and tested.

    Args:
        name: of the data set, for messages.
        places: of the files that were to be read.
        found: for each place, in the same order.
        passed_over: what was not to be read.

    Raises:
        DataError: fewer than two classes are left; the message says what became of the images.
        TaskNotSupportedError: the same images lie in several classes.
    """
    records: list[ImageRecord] = []
    thumbs: list[bytes] = []
    skipped = list(passed_over)
    for place, fact in zip(places, found, strict=True):
        if isinstance(fact, Refusal):
            skipped.append(SkippedFile(place.path, fact.outcome, fact.reason, fact.detail))
            continue
        records.append(_record(place, fact))
        thumbs.append(fact.measured.thumb)
    contents = [record.content for record in records]
    refuse_many_classes_per_image(contents, [record.label for record in records])
    clusters = duplicate_clusters(contents, [record.phash for record in records], thumbs)
    records = [
        record if cluster < 0 else replace(record, cluster=int(cluster))
        for record, cluster in zip(records, clusters, strict=True)
    ]
    groups = joined_groups([record.group for record in records], clusters)
    kept, lonely = _leave_out_lonely(records, groups)
    notes = _notes(records, lonely)
    skipped.extend(lonely)
    _refuse_few_classes(name, kept, len(records), skipped)
    return Assembled(tuple(kept), tuple(sorted(skipped, key=lambda file: file.path)), notes)


def _record(place: Place, fact: Facts) -> ImageRecord:
    measured = fact.measured
    return ImageRecord(
        path=place.path,
        label=place.label,
        group=place.group,
        split=place.split,
        content=fact.content,
        width=fact.width,
        height=fact.height,
        mode=fact.mode,
        format=fact.format,
        bytes=fact.bytes,
        phash=measured.phash,
        mean_rgb=measured.mean_rgb,
        contrast=measured.contrast,
        sharpness=measured.sharpness,
        saturation=measured.saturation,
        notes=fact.notes,
    )


def _leave_out_lonely(
    records: Sequence[ImageRecord], groups: Sequence[str]
) -> tuple[list[ImageRecord], list[SkippedFile]]:
    """Classes with a single group cannot be learnt from one image and tested on an unrelated one."""
    held: dict[str, set[str]] = defaultdict(set)
    images = Counter(record.label for record in records)
    for record, group in zip(records, groups, strict=True):
        held[record.label].add(group)
    kept, lonely = [], []
    for record in records:
        if len(held[record.label]) > 1:
            kept.append(record)
            continue
        n = images[record.label]
        reason = "class with one image" if n == 1 else "class with one group"
        detail = f"Class {record.label!r} has {n} images in one group; it takes two groups to learn and to test it."
        lonely.append(SkippedFile(record.path, "skipped", reason, detail))
    return kept, lonely


def _notes(records: Sequence[ImageRecord], lonely: Sequence[SkippedFile]) -> tuple[str, ...]:
    handled = Counter(note for record in records for note in record.notes)
    notes = [f"{count} images: {note}" for note, count in handled.most_common()]
    if lonely:
        notes.append(f"{len(lonely)} images are left out because their class has only one group")
    return tuple(notes)


def _refuse_few_classes(name: str, kept: Sequence[ImageRecord], usable: int, skipped: Sequence[SkippedFile]) -> None:
    classes = sorted({record.label for record in kept})
    if len(classes) >= 2:
        return
    reasons = Counter(file.reason for file in skipped if file.outcome == "skipped")
    told = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common(4)) or "no file was skipped"
    hint = "add a second class of images."
    if reasons["class with one image"] or reasons["class with one group"]:
        hint = (
            "give at least two images per class, from two groups; if a folder is one image or one group, sort the "
            "images by what is to be told apart, or group by something finer (--group-by)."
        )
    raise DataError(
        f"{name}: expected at least 2 classes with images in at least 2 groups each. Received: {len(classes)} such "
        f"classes ({', '.join(classes) or 'none'}), from {usable} readable images ({told}).",
        hint=hint,
    )
