"""Recognises data for tasks that Frostline does not do: detection, segmentation, several labels per image."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from frostline.core.errors import TaskNotSupportedError
from frostline.data.scan import IMAGE_SUFFIXES
from frostline.data.walk import Found, Walked

_HINT = "Frostline classifies whole images: one label per image, a folder per class or a CSV with path,label."
# fmt: off
_MASK_FOLDERS = frozenset({
    "mask", "masks", "annotation", "annotations", "label", "labels", "segmentation", "segmentations",
    "segmentationclass", "segmentationobject", "groundtruth", "ground_truth", "gt",
})
# fmt: on
_MASK_ENDING = re.compile(r"(.+)[_-](?:mask|seg|segmentation|gt)\d*$", re.IGNORECASE)
_YOLO_LINE = re.compile(r"^\d+(?:\s+-?\d*\.?\d+(?:e-?\d+)?){4,}\s*$", re.IGNORECASE)

_SNIFFED_BYTES = 1 << 18
_SNIFFED_FILES = 20
_MIRRORED_SHARE = 0.8
_FEW = 3

# From this share of images that lie under several labels on, it is no longer a mistake but a multi-label set.
MULTI_LABEL_SHARE = 0.2


def refuse_other_tasks(root: Path, walked: Walked) -> None:
    """Look for annotation files of other tasks beside the images.

    Raises:
        TaskNotSupportedError: COCO JSON, YOLO text files, Pascal VOC XML, or folders or files of masks.
    """
    images = [found for found in walked.files if found.suffix in IMAGE_SUFFIXES]
    _refuse_coco(root, walked.files)
    _refuse_voc(root, walked.files)
    _refuse_yolo(root, walked.files, {found.stem for found in images})
    _refuse_masks(root, images)


def refuse_many_classes_per_image(contents: Sequence[str], labels: Sequence[str]) -> None:
    """The same image content under several labels, too often to be a mistake.

    Raises:
        TaskNotSupportedError: more than ``MULTI_LABEL_SHARE`` of the distinct images have several labels.
    """
    by_content: dict[str, set[str]] = defaultdict(set)
    for content, label in zip(contents, labels, strict=True):
        by_content[content].add(label)
    several = sum(len(found) > 1 for found in by_content.values())
    if several >= _FEW and several > MULTI_LABEL_SHARE * len(by_content):
        raise TaskNotSupportedError(
            f"{several} of {len(by_content)} images lie in several classes: this looks like multi-label data.",
            hint=_HINT,
        )


def refuse_label_lists(labels: Sequence[str]) -> None:
    """Label cells that hold several labels, such as ``cat|dog``.

    Raises:
        TaskNotSupportedError: some cells hold several labels of which each also occurs alone.
    """
    distinct = set(labels)
    for separator in "|;,":
        lists = [cell for cell in distinct if separator in cell]
        parts = [[part.strip() for part in cell.split(separator)] for cell in lists]
        joined = [cell for cell, cut in zip(lists, parts, strict=True) if all(part in distinct for part in cut)]
        if joined and len(joined) >= len(lists) / 2:
            raise TaskNotSupportedError(
                f"Label cells hold several labels, e.g. {joined[0]!r}: this looks like multi-label data.", hint=_HINT
            )


def _refuse_coco(root: Path, files: Iterable[Found]) -> None:
    for found in [found for found in files if found.suffix == ".json"][:_SNIFFED_FILES]:
        text = _head_and_tail(found.file)
        keys = [key for key in ('"images"', '"annotations"', '"categories"') if key in text]
        if len(keys) >= 2 and ("bbox" in text or "segmentation" in text or len(keys) == 3):
            raise _refusal(root, f"{found.path} is a COCO annotation file", "object detection or segmentation")


def _refuse_voc(root: Path, files: Iterable[Found]) -> None:
    for found in [found for found in files if found.suffix == ".xml"][:_SNIFFED_FILES]:
        text = _head_and_tail(found.file)
        if "<annotation" in text and ("<bndbox" in text or "<object" in text):
            raise _refusal(root, f"{found.path} is a Pascal VOC annotation", "object detection")


def _refuse_yolo(root: Path, files: Iterable[Found], image_stems: set[str]) -> None:
    beside = [found for found in files if found.suffix == ".txt" and found.stem in image_stems]
    boxes = 0
    for found in beside[:_SNIFFED_FILES]:
        lines = [line for line in _head_and_tail(found.file).splitlines() if line.strip()]
        boxes += bool(lines) and all(_YOLO_LINE.match(line) for line in lines[:5])
    if boxes and boxes >= len(beside[:_SNIFFED_FILES]) / 2:
        raise _refusal(root, f"{beside[0].path} and {len(beside) - 1} other text files hold YOLO boxes", "detection")


def _refuse_masks(root: Path, images: Sequence[Found]) -> None:
    stems: dict[PurePosixPath, set[str]] = defaultdict(set)
    for found in images:
        stems[PurePosixPath(found.path).parent].add(found.stem)
    for folder, names in stems.items():
        endings = [match.group(1) for name in names if (match := _MASK_ENDING.match(name))]
        if sum(base in names for base in endings) >= max(_FEW, 0.3 * len(names)):
            raise _refusal(
                root, f"{folder} holds an image and a mask of the same name, e.g. {endings[0]}", "segmentation"
            )
        is_mask_folder = folder.name.lower() in _MASK_FOLDERS
        for other in stems if is_mask_folder else ():
            bases = {match.group(1) if (match := _MASK_ENDING.match(name)) else name for name in names}
            shared = len(bases & stems[other])
            if other != folder and other.parent == folder.parent and shared >= max(_FEW, _MIRRORED_SHARE * len(names)):
                raise _refusal(root, f"{folder} mirrors the file names of {other}", "segmentation")


def _refusal(root: Path, evidence: str, task: str) -> TaskNotSupportedError:
    return TaskNotSupportedError(f"{root}: {evidence}. This looks like data for {task}.", hint=_HINT)


def _head_and_tail(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            head = stream.read(_SNIFFED_BYTES)
            stream.seek(max(len(head), file.stat().st_size - _SNIFFED_BYTES))
            return (head + b"\n" + stream.read(_SNIFFED_BYTES)).decode("utf-8", errors="replace")
    except OSError:
        return ""
