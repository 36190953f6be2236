"""From what stands on the command line to a data set."""

from __future__ import annotations

from pathlib import Path

from frostline.core.errors import DataError
from frostline.core.hashing import hash_json
from frostline.core.progress import Progress
from frostline.data import Dataset
from frostline.workflow.cache import cache_folder


def open_data(path: Path, *, group_by: str, val: Path | None, cache_dir: Path | None, progress: Progress) -> Dataset:
    """Read a folder per class or a CSV file; an interrupted scan goes on where it stopped.

    Args:
        path: the folder or the CSV file.
        group_by: pattern that names the group; empty for none.
        val: the user's validation folder; its images get the split ``val``, the others ``train``.
        cache_dir: where the journal of the scan lies.
        progress: told of every image, and of what was handled.

    Raises:
        DataError: the path does not exist, or holds no usable images.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist.", hint="name a folder with a folder per class, or a CSV file.")
    pattern = group_by or None
    journal = _journal(path, val, cache_dir)
    if path.is_file():
        if val is not None:
            raise DataError(
                f"{path} is a table, and --val names a folder.", hint="write the split into the table's column 'split'."
            )
        dataset = Dataset.from_csv(path, group_by=pattern, progress=progress, journal=journal)
    else:
        dataset = Dataset.from_folder(path, group_by=pattern, validation=val, progress=progress, journal=journal)
    for note in dataset.notes:
        progress.say(note)
    return dataset


def _journal(path: Path, val: Path | None, cache_dir: Path | None) -> Path | None:
    """None where nothing can be written: the scan then starts anew after a kill, and nothing else is lost."""
    name = hash_json([str(path.resolve()), str(val.resolve()) if val else ""])[:16]
    folder = cache_folder(cache_dir, Path()) / "scans"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder / f"{name}.jsonl"
