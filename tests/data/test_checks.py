import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from frostline.data import Dataset
from frostline.data.checks import CHECKS, run_checks
from frostline.testing.checks import assert_check_conforms
from frostline.testing.folders import texture, write_hostile_folder, write_texture_folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    path = tmp_path_factory.mktemp("hostile") / "data"
    write_hostile_folder(path)
    return Dataset.from_folder(path)


@pytest.mark.parametrize("name", CHECKS.names())
def test_every_registered_check_conforms(name, textures, hostile):
    check = CHECKS.get(name)
    assert_check_conforms(name, check, hostile)
    assert (
        assert_check_conforms(name, check, Dataset.from_folder(textures)).severity in ("ok", "note")
        or name == "size_spread"
    )


def severity(dataset, check):
    return CHECKS.get(check)(dataset).severity


def test_planted_faults_are_found(tmp_path):
    write_texture_folder(tmp_path, classes=3, per_class=12)
    first = sorted((tmp_path / "class_0").iterdir())
    shutil.copy(first[0], tmp_path / "class_0" / "copy.png")
    shutil.copy(first[1], tmp_path / "class_1" / "copy.png")
    with Image.open(first[2]) as image:
        image.resize((60, 60)).save(tmp_path / "class_0" / "near.png")
    for i in range(5):
        Image.new("RGB", (48, 48), (4 * i, 4 * i, 4 * i)).save(tmp_path / "class_2" / f"dark{i}.png")
    for file in sorted((tmp_path / "class_2").iterdir()):
        Image.open(file).convert("L").save(file)
    found = {result.check: result for result in run_checks(Dataset.from_folder(tmp_path))}
    assert found["duplicates"].figures["copies"] == 2
    assert found["near_duplicates"].figures["clusters"] == 1
    assert found["cross_class_duplicates"].figures["exact"] == 1
    assert found["blur_exposure"].severity == "warning"
    assert found["grayscale_share"].severity == "warning"


def test_leakage_between_the_users_splits(tmp_path):
    for split, seed in (("train", 0), ("test", 1)):
        write_texture_folder(tmp_path / split, classes=2, per_class=6, seed=seed)
    assert severity(Dataset.from_folder(tmp_path), "cross_split_leakage") == "ok"
    shared = Dataset.from_folder(tmp_path, group_by=r"(g\d+)_")
    assert CHECKS.get("cross_split_leakage")(shared).figures["group"] == 12
    source = sorted((tmp_path / "train" / "class_0").iterdir())[0]
    shutil.copy(source, tmp_path / "test" / "class_0" / "leak.png")
    result = CHECKS.get("cross_split_leakage")(Dataset.from_folder(tmp_path))
    assert result.severity == "error"
    assert result.figures["exact"] == 1


def test_a_format_that_gives_the_class_away(tmp_path):
    rng = np.random.default_rng(0)
    for label, suffix in (("a", ".png"), ("b", ".jpg")):
        (tmp_path / label).mkdir()
        for i in range(20):
            Image.fromarray(texture(rng, angle=0, size=48)).save(tmp_path / label / f"{i}{suffix}")
    assert severity(Dataset.from_folder(tmp_path), "metadata_shortcut") == "warning"


def test_imbalance(tmp_path):
    write_texture_folder(tmp_path, classes=2, per_class=30)
    for file in sorted((tmp_path / "class_1").iterdir())[3:]:
        file.unlink()
    assert severity(Dataset.from_folder(tmp_path), "imbalance") == "warning"


def test_blood_cells_are_known_by_their_size(real, tmp_path):
    for folder in sorted(real("blood_cells").iterdir()):
        (tmp_path / folder.name).mkdir()
        for file in sorted(folder.iterdir())[:60]:
            (tmp_path / folder.name / file.name).symlink_to(file)
    dataset = Dataset.from_folder(tmp_path, group_by=r"^[^/]+/(BloodImage_\d+)")
    assert severity(dataset, "metadata_shortcut") == "warning"


def test_no_deep_learning_framework_is_imported():
    code = (
        "import sys, frostline.data.checks as c; "
        "assert not {'keras', 'tensorflow', 'torch', 'sklearn'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
