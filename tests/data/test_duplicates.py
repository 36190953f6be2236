import io
import time

import numpy as np
import pytest
from PIL import Image

from frostline.data import Dataset
from frostline.data.duplicates import duplicate_clusters, joined_groups
from frostline.data.measure import measure
from frostline.testing.folders import encoded, texture


def clusters_of(images):
    found = [measure(image) for image in images]
    names = [str(i) for i in range(len(found))]
    return duplicate_clusters(names, [m.phash for m in found], [m.thumb for m in found]).tolist()


def test_re_encoded_resized_brightened_copies_are_found():
    image = Image.fromarray(texture(np.random.default_rng(0), angle=0.3, size=128))
    jpeg = Image.open(io.BytesIO(encoded(image, "JPEG", quality=60)))
    other = Image.fromarray(texture(np.random.default_rng(1), angle=0.3, size=128))
    copies = [image, jpeg.convert("RGB"), image.resize((90, 90)), image.point(lambda v: min(255, int(v * 1.1)))]
    assert clusters_of([*copies, other]) == [0, 0, 0, 0, -1]


def test_blank_and_nearly_blank_images_are_not_merged():
    blank = [Image.new("RGB", (64, 64), (v, v, v)) for v in (0, 128, 255)]
    rng = np.random.default_rng(0)
    noisy = [Image.fromarray(rng.integers(250, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(3)]
    assert clusters_of(blank + noisy) == [-1] * 6


def test_groups_are_joined_by_clusters():
    groups = joined_groups(["a", "a", "b", "c", "d"], np.array([-1, 0, 0, 1, 1]))
    assert groups == ("a", "a", "a", "c", "c")


def test_brute_force_gives_the_same_pairs():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 2**63, 40, dtype=np.uint64)
    codes = [
        int(b) ^ sum(1 << int(bit) for bit in rng.choice(64, k, replace=False)) for b in base for k in (0, 5, 7, 9)
    ]
    thumb = bytes(range(256))
    got = duplicate_clusters([str(i) for i in range(160)], [f"{c:016x}" for c in codes], [thumb] * 160)
    for i in range(160):
        for j in range(i):
            if (codes[i] ^ codes[j]).bit_count() <= 7:
                assert got[i] == got[j] >= 0
    assert (got.reshape(40, 4)[:, :3] >= 0).all()


def test_twenty_thousand_hashes_take_seconds():
    rng = np.random.default_rng(0)
    n = 20_000
    thumbs = [row.tobytes() for row in rng.integers(0, 256, (n, 256), dtype=np.uint8)]
    hashes = [f"{int(code):016x}" for code in rng.integers(0, 2**63, n, dtype=np.uint64)]
    start = time.process_time()
    assert (duplicate_clusters([str(i) for i in range(n)], hashes, thumbs) == -1).all()
    assert time.process_time() - start < 15


@pytest.mark.parametrize("name", ["omniglot_scripts", "script_strips"])
def test_simple_drawings_are_not_merged(real, tmp_path, name):
    root = tmp_path / "data"
    for folder in sorted(real(name).iterdir())[:3]:
        (root / folder.name).mkdir(parents=True)
        for file in sorted(folder.iterdir())[:150]:
            (root / folder.name / file.name).symlink_to(file)
    dataset = Dataset.from_folder(root)
    assert len(dataset) == 450
    assert (dataset.clusters == -1).all()
