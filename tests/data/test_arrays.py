import tracemalloc

import numpy as np
import pytest

from frostline.core.errors import DataError, TaskNotSupportedError
from frostline.data import Dataset
from frostline.records import InputContract

CONTRACT = InputContract(size=16, resize="squash")
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
LABELS = np.arange(12) % 2


def pixels(images, **options):
    dataset = Dataset.from_arrays(images, LABELS, **options)
    return dataset, np.stack([dataset.pixels(i, CONTRACT) for i in range(len(dataset))])


def test_uint8_images_come_back_as_they_are():
    dataset, got = pixels(IMAGES)
    np.testing.assert_array_equal(got, IMAGES)
    assert dataset.class_names == ("0", "1")
    assert not dataset.notes


@pytest.mark.parametrize(
    ("images", "note"),
    [
        (IMAGES / 255, "0..1"),
        (IMAGES.astype(np.float32), "0..255"),
        (IMAGES.astype(np.uint16) * 257, "16-bit"),
        (IMAGES.transpose(0, 3, 1, 2), "channels come first"),
        (IMAGES.astype(np.int64), ""),
        (list(IMAGES), ""),
    ],
)
def test_values_and_axes_are_recognised(images, note):
    dataset, got = pixels(images)
    np.testing.assert_array_equal(got, IMAGES)
    assert note in " ".join(dataset.notes)


def test_uint8_in_0_to_1_and_grey():
    dataset, got = pixels(IMAGES[..., 0] // 128)
    np.testing.assert_array_equal(got[..., 0], IMAGES[..., 0] // 128 * 255)
    assert "multiplied by 255" in dataset.notes[0]


def test_object_arrays_of_different_sizes():
    images = np.empty(12, object)
    for i in range(12):
        images[i] = IMAGES[i, : 8 + i % 3]
    _, got = pixels(images)
    assert got.shape == IMAGES.shape
    images[3] = "text"
    assert [file.reason for file in pixels(images)[0].skipped] == ["not an image"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_images_that_are_not_finite_are_skipped(bad):
    images = IMAGES / 255
    images[4, 2, 2, 0] = bad
    dataset, got = pixels(images)
    assert [(file.path, file.reason) for file in dataset.skipped] == [("array/4", "not finite")]
    np.testing.assert_array_equal(got, np.delete(IMAGES, 4, axis=0))
    assert dataset.files_seen == 12


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES[:0], "empty"), (IMAGES[0], "channels|label"), (IMAGES.reshape(12, -1), "shape"),
        (IMAGES / 127.5 - 1, "Expected images in 0..255"), (IMAGES.astype(int) * 9, "Expected images"),
        (np.zeros((12, 16, 16, 7)), "channels"), (IMAGES * np.nan, "finite"), (IMAGES.astype(complex), "numbers"),
    ],
)  # fmt: skip
def test_arrays_that_cannot_be_used(images, message):
    with pytest.raises(DataError, match=message):
        pixels(images)


@pytest.mark.parametrize(
    ("labels", "names", "note"),
    [
        (np.eye(2)[LABELS], ("0", "1"), "one-hot"), (LABELS + 1, ("1", "2"), "begin at 1"),
        (np.array(["cat", "dog"])[LABELS], ("cat", "dog"), ""), (LABELS[:, None], ("0", "1"), ""),
        (LABELS.astype(float), ("0", "1"), ""), (LABELS * 10, ("00", "10"), ""), (LABELS.tolist(), ("0", "1"), ""),
    ],
)  # fmt: skip
def test_labels(labels, names, note):
    dataset = Dataset.from_arrays(IMAGES, labels)
    assert dataset.class_names == names
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert note in " ".join(dataset.notes)


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        (LABELS[:5], DataError), (LABELS + 0.5, DataError), (LABELS * np.nan, DataError), ([None] * 12, DataError),
        (np.ones((12, 2)), TaskNotSupportedError), (np.full((12, 2), 0.5), DataError), (np.zeros(12, int), DataError),
        (np.arange(12), DataError),
    ],
)  # fmt: skip
def test_labels_that_cannot_be_used(labels, error):
    with pytest.raises(error) as caught:
        Dataset.from_arrays(IMAGES, labels)
    assert caught.value.hint


def test_groups():
    assert len(set(Dataset.from_arrays(IMAGES, LABELS, groups=np.arange(12) // 2).groups)) == 6
    with pytest.raises(DataError, match="group"):
        Dataset.from_arrays(IMAGES, LABELS, groups=[1])


def test_the_data_are_not_copied():
    images = np.random.default_rng(0).integers(0, 256, (200, 128, 128, 3), dtype=np.uint8)
    tracemalloc.start()
    Dataset.from_arrays(images, np.arange(200) % 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes / 2
