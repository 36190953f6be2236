import os
import re
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frostline.core.errors import DataError, TaskNotSupportedError, UsageError
from frostline.data import Dataset, scan
from frostline.data.names import escape_name, unescape_name
from frostline.records import InputContract
from frostline.testing.folders import write_hostile_folder, write_texture_folder


def outcomes(dataset: Dataset) -> dict[str, str]:
    return {r.path: "used" for r in dataset.records} | {s.path: s.reason for s in dataset.skipped}


def test_every_bad_file_has_its_outcome(tmp_path):
    root = tmp_path / "data"
    expected = write_hostile_folder(root)
    dataset = Dataset.from_folder(root)
    assert {unescape_name(path): outcome for path, outcome in outcomes(dataset).items()} == expected
    assert dataset.files_seen == len(expected)
    assert dataset.skipped_share > 0.01
    assert any("class_empty" in note for note in dataset.notes)
    contract = InputContract(size=32)
    assert all(dataset.pixels(i, contract).shape == (32, 32, 3) for i in range(len(dataset)))

    dataset.write_manifest(tmp_path / "manifest.csv")
    dataset.write_skipped(tmp_path / "skipped_files.csv")
    again = Dataset.read_manifest(tmp_path / "manifest.csv", root)
    assert (again.records, again.skipped, again.digest) == (dataset.records, dataset.skipped, dataset.digest)
    assert len((tmp_path / "manifest.csv").read_text(encoding="utf-8").splitlines()) == len(dataset) + 1
    assert all(again.pixels(i, contract).shape == (32, 32, 3) for i in range(len(again)))


@pytest.mark.parametrize("name", ["a\nb", "100%", "x\udcff", "tab\t", "%0A", "plain", "caf\u00e9", "\u2028"])
def test_escaped_names_are_printable_and_reversible(name):
    escaped = escape_name(name)
    assert unescape_name(escaped) == name
    assert escaped.isprintable()
    escaped.encode()


def test_groups_folds_labels_and_digest(textures):
    dataset = Dataset.from_folder(textures, group_by=r"(g\d+)_").with_folds(3, seed=0)
    assert dataset.class_names == ("class_0", "class_1", "class_2")
    assert len(set(dataset.groups)) == 15
    for group in set(dataset.groups):
        assert len({int(f) for f, g in zip(dataset.folds, dataset.groups, strict=True) if g == group}) == 1
    assert dataset.digest == Dataset.from_folder(textures, group_by=r"(g\d+)_").digest
    assert dataset.digest != Dataset.from_folder(textures).digest
    with pytest.raises(ValueError, match="read-only"):
        dataset.labels[0] = 1


def test_group_pattern_errors(textures):
    with pytest.raises(DataError, match=r"40 do not match.*class_1/"):
        Dataset.from_folder(textures, group_by="class_0/(g)")
    with pytest.raises(UsageError, match="regular expression"):
        Dataset.from_folder(textures, group_by="(")


def test_the_users_own_split_is_recognised(tmp_path):
    for split in ("train", "Validation", "test"):
        write_texture_folder(tmp_path / "d" / split, classes=2, per_class=4, seed=len(split))
    dataset = Dataset.from_folder(tmp_path / "d")
    assert {record.split for record in dataset.records} == {"train", "val", "test"}
    assert dataset.class_names == ("class_0", "class_1")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: None, "does not exist"),
        (lambda p: p.mkdir(), "is empty"),
        (lambda p: p.write_bytes(b"x"), "Expected a data folder"),
        (lambda p: (p / "a").mkdir(parents=True), "at least 2 classes"),
        (lambda p: write_texture_folder(p, classes=1), "at least 2 classes"),
        (lambda p: write_texture_folder(p / "data"), "holds one folder"),
        (lambda p: write_texture_folder(p, classes=30, per_class=1), "class with one image"),
        (lambda p: (p.mkdir(), Image.new("RGB", (9, 9)).save(p / "a.png")), "no class folders; 1 images"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, make, message):
    make(tmp_path / "d")
    with pytest.raises(DataError, match=message) as caught:
        Dataset.from_folder(tmp_path / "d")
    assert caught.value.hint


def test_a_class_with_one_image_is_left_out_and_listed(tmp_path):
    write_texture_folder(tmp_path, classes=3, per_class=4)
    for file in sorted((tmp_path / "class_2").iterdir())[1:]:
        file.unlink()
    dataset = Dataset.from_folder(tmp_path)
    assert dataset.class_names == ("class_0", "class_1")
    assert [file.reason for file in dataset.skipped] == ["class with one image"]


def test_a_class_with_two_images_is_used(tmp_path):
    write_texture_folder(tmp_path, classes=2, per_class=2)
    assert len(Dataset.from_folder(tmp_path).with_folds(2, seed=0)) == 4


def test_class_names_that_differ_by_unicode_form_or_case(tmp_path):
    write_texture_folder(tmp_path, classes=2, per_class=3)
    (tmp_path / "class_0").rename(tmp_path / "Dog")
    (tmp_path / "class_1").rename(tmp_path / "dog")
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system does not tell upper from lower case")
    dataset = Dataset.from_folder(tmp_path)
    assert dataset.class_names == ("Dog", "dog")
    assert any("case" in note for note in dataset.notes)
    for old, form in (("Dog", "NFC"), ("dog", "NFD")):
        (tmp_path / old).rename(tmp_path / unicodedata.normalize(form, "caf\u00e9"))
    with pytest.raises(DataError, match="Unicode form"):
        Dataset.from_folder(tmp_path)


def test_files_that_may_not_be_read_are_skipped(tmp_path, monkeypatch):
    write_texture_folder(tmp_path, classes=2, per_class=4)
    refused = sorted((tmp_path / "class_0").iterdir())[0]
    closed = tmp_path / "class_1" / "closed"
    closed.mkdir()
    read, list_folder = Path.read_bytes, os.scandir

    def deny(target, normal):
        if str(target) in (str(refused), str(closed)):
            raise PermissionError(13, "Permission denied")
        return normal(target)

    monkeypatch.setattr(Path, "read_bytes", lambda self: deny(self, read))
    monkeypatch.setattr(os, "scandir", lambda path: deny(path, list_folder))
    found = outcomes(Dataset.from_folder(tmp_path))
    assert found[f"class_0/{refused.name}"] == "no permission"
    assert found["class_1/closed"] == "folder cannot be read"


def test_a_folder_that_changes_while_it_is_read(tmp_path, monkeypatch):
    write_texture_folder(tmp_path, classes=2, per_class=4)
    gone = sorted((tmp_path / "class_0").iterdir())[0]
    normal = scan._read
    monkeypatch.setattr(scan, "_read", lambda file, book: (gone.unlink(missing_ok=True), normal(file, book))[1])
    dataset = Dataset.from_folder(tmp_path)
    assert outcomes(dataset)[f"class_0/{gone.name}"] == "vanished"
    changed = tmp_path / dataset.records[0].path
    Image.new("RGB", (48, 48)).save(changed)
    with pytest.raises(DataError, match=r"changed since(.|\n)*scan the data folder again"):
        dataset.pixels(0, InputContract())
    changed.unlink()
    with pytest.raises(DataError, match=re.escape(changed.name)):
        dataset.pixels(0, InputContract())


def test_an_interrupted_scan_goes_on(tmp_path, monkeypatch):
    data = write_texture_folder(tmp_path / "d", classes=2, per_class=10)
    journal = tmp_path / "scan.jsonl"

    class Interrupt:
        def __init__(self):
            self.left = 12

        def start(self, stage, total): ...
        def finish(self, note=""): ...
        def say(self, message): ...
        def advance(self, items=1):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Dataset.from_folder(data, journal=journal, progress=Interrupt(), workers=1)
    journal.write_bytes(journal.read_bytes()[:-20])
    examined = []
    normal = scan._examine
    monkeypatch.setattr(scan, "_examine", lambda file: (examined.append(file), normal(file))[1])
    resumed = Dataset.from_folder(data, journal=journal)
    assert 0 < len(examined) < 20
    examined.clear()
    assert Dataset.from_folder(data, journal=journal).records == resumed.records == Dataset.from_folder(data).records
    assert len(examined) == 20


@pytest.mark.parametrize("task", ["coco", "yolo", "voc", "masks", "mask_names", "many_classes"])
def test_other_tasks_are_recognised(tmp_path, task):
    write_texture_folder(tmp_path, classes=2, per_class=4)
    first = tmp_path / "class_0"
    stems = [file.stem for file in first.iterdir()]
    if task == "coco":
        (tmp_path / "instances.json").write_text('{"images": [], "annotations": [{"bbox": []}], "categories": []}')
    elif task == "yolo":
        for stem in stems:
            (first / f"{stem}.txt").write_text("0 0.5 0.5 0.1 0.2\n")
    elif task == "voc":
        (first / f"{stems[0]}.xml").write_text("<annotation><object><bndbox/></object></annotation>")
    elif task == "masks":
        (tmp_path / "class_0").rename(tmp_path / "images")
        shutil.copytree(tmp_path / "images", tmp_path / "masks")
    elif task == "mask_names":
        for stem in stems:
            shutil.copy(first / f"{stem}.png", first / f"{stem}_mask.png")
    else:
        for file in first.iterdir():
            shutil.copy(file, tmp_path / "class_1" / f"copy_{file.name}")
    with pytest.raises(TaskNotSupportedError, match="looks like"):
        Dataset.from_folder(tmp_path)


def test_pixels_are_those_of_the_file(textures):
    dataset = Dataset.from_folder(textures)
    with Image.open(textures / dataset.records[7].path) as image:
        expected = np.asarray(image)
    np.testing.assert_array_equal(dataset.pixels(7, InputContract(size=48, resize="squash")), expected)
