import shutil

import pytest

from frostline.core.errors import DataError, StoreError, TaskNotSupportedError
from frostline.data import Dataset

LINES = [f"class_{c}/g{c * 5 + i % 5:03d}_{i:03d}.png,class_{c}" for c in range(2) for i in range(6)]


@pytest.fixture
def table(textures, tmp_path):
    def write(text, encoding="utf-8"):
        file = tmp_path / "labels.csv"
        file.write_bytes(text.encode(encoding))
        return lambda **options: Dataset.from_csv(file, root=textures, **options)

    return write


def reasons(dataset):
    return [file.reason for file in dataset.skipped]


def test_plain_table_equals_the_folder(table):
    assert len(table("path,label\n" + "\n".join(LINES))()) == 12


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffpath,label\n" + "\n".join(LINES),
        "path,label\r\n" + "\r\n".join(LINES) + "\r\n",
        "Path; Label\n" + "\n".join(LINES).replace(",", ";"),
        "filename\tclass\n" + "\n".join(LINES).replace(",", "\t"),
    ],
)
def test_bom_crlf_semicolons_tabs(table, text):
    dataset = table(text)()
    assert len(dataset) == 12
    assert not dataset.skipped


def test_rows_that_are_left_out(table, textures):
    inside = f"{textures}/{LINES[3].split(',')[0]},class_0"
    extra = [
        LINES[0], "class_0/missing.png,class_0", f"{LINES[1].split(',')[0]},class_1", "class_1/g005_000.png,",
        "../../etc/passwd,class_0", "/etc/passwd,class_1", inside,
    ]  # fmt: skip
    dataset = table("path,label\n" + "\n".join(LINES + extra))()
    found = sorted(reasons(dataset))
    assert found == sorted(
        ["repeated row", "repeated row", "missing file", "contradicting labels", "contradicting labels", "blank label"]
        + ["outside the data folder"] * 2
    )
    assert dataset.files_seen == len(LINES + extra)


def test_group_and_split_columns(table):
    rows = [f"{line},g{i % 4},{'train' if i % 2 else 'Test'}" for i, line in enumerate(LINES)]
    dataset = table("path,label,group,split\n" + "\n".join(rows))()
    assert set(dataset.groups) == {"g0", "g1", "g2", "g3"}
    assert {record.split for record in dataset.records} == {"train", "test"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"), ("path,label\n", "no rows"), ("a,b\n1,2\n", "expected the columns path,label"),
        ("path,label\nx.png\n", "line 2: 1 cells"), ("path,label,label\na,b,c\n", "twice"),
        ("path,label\nx.png,a\ny.png,b\n", "none of 2 rows"), ('path,label\n"x,a\n', "no proper CSV"),
        ("path,label,split\nx.png,a,fold7\n", "unknown split"),
        ("path,cat,dog\nx.png,1,0\ny.png,0,1\n", "column per class"),
    ],
)  # fmt: skip
def test_tables_that_cannot_be_used(table, text, message):
    with pytest.raises(DataError, match=message) as caught:
        table(text)()
    assert caught.value.hint


def test_not_utf_8_and_missing(table, tmp_path):
    with pytest.raises(DataError, match="not UTF-8"):
        table("path,label\n\u00e9.png,a\n", encoding="latin-1")()
    with pytest.raises(DataError, match="cannot be read"):
        Dataset.from_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "text",
    [
        "path,label\n" + "\n".join([*LINES, "x.png,class_0|class_1"]),
        "path,label\n" + "\n".join(LINES + [line[:-1] + "9" for line in LINES]),
        "path,cat,dog\nx.png,1,1\ny.png,0,1\n",
    ],
)
def test_several_labels_per_image_are_refused(table, text):
    with pytest.raises(TaskNotSupportedError, match="multi-label"):
        table(text)()


def test_labels_with_commas_in_them_are_labels(table):
    text = "path,label\n" + "\n".join(f'{line.split(",")[0]},"Smith, {line[-1]}"' for line in LINES)
    assert table(text)().class_names == ("Smith, 0", "Smith, 1")


def test_a_manifest_that_was_changed(textures, tmp_path):
    file = tmp_path / "manifest.csv"
    Dataset.from_folder(textures).write_manifest(file)
    whole = file.read_text()
    for text, message in (
        ("", "expected the columns"),
        (whole[:-30], "cells"),
        (whole.replace(",48,", ",x,"), "line 2"),
    ):
        file.write_text(text)
        with pytest.raises(StoreError, match=message):
            Dataset.read_manifest(file, textures)
    shutil.rmtree(tmp_path)
    with pytest.raises(StoreError, match="does not exist"):
        Dataset.read_manifest(file, textures)
