from pathlib import Path

import pytest

from frostline.core.errors import RecipeError
from frostline.recipe import classic_recipe, read_recipe, recipe_to_toml, write_recipe


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_classic_is_frozen_network_dense_128_adam_ten_epochs() -> None:
    recipe = classic_recipe("googlenet")
    assert (recipe.head.kind, recipe.head.hidden) == ("dense", (128,))
    assert (recipe.training.optimizer, recipe.training.learning_rate, recipe.training.epochs) == ("adam", 1e-3, 10)
    assert recipe.freeze.frost_line == ""
    assert recipe.input.resize == "squash"


def test_toml_round_trip_keeps_every_setting(tmp_path: Path) -> None:
    recipe = classic_recipe("googlenet", weights='we"ird\\path', digest="ab", seed=7)
    write_recipe(tmp_path / "r.toml", recipe)
    assert read_recipe(tmp_path / "r.toml") == recipe
    assert "learning_rate" in recipe_to_toml(recipe)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('sed = 1\n[backbone]\nname = "googlenet"', "did you mean 'seed'"),
        ('[backbone]\nname = "googlenet"\n[training]\nepoch = 3', "did you mean 'epochs'"),
        ("[backbone]\nname = 3", "must be of type str"),
        ("seed = 1", "backbone"),
        ('[backbone]\nname = "g"\n[training]\nepochs = 0', "training.epochs"),
        ('[backbone]\nname = "g"\n[training]\nepochs = -1', "training.epochs"),
        ('[backbone]\nname = "g"\n[training]\nlearning_rate = 1e9', "training.learning_rate"),
        ('[backbone]\nname = "g"\n[training]\nbatch_size = 10000000', "training.batch_size"),
        ('[backbone]\nname = "g"\n[head]\nkind = "forest"', "must be one of"),
        ('schema = 99\n[backbone]\nname = "g"', "upgrade Frostline"),
        ("not toml at all [", "could not be read"),
    ],
)
def test_a_recipe_that_does_not_fit_is_one_clear_error(tmp_path: Path, text: str, expected: str) -> None:
    path = write(tmp_path / "r.toml", text)
    with pytest.raises(RecipeError) as caught:
        read_recipe(path)
    assert expected in str(caught.value)
    assert "r.toml" in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="nowhere"):
        read_recipe(tmp_path / "nowhere.toml")
