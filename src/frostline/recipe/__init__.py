"""Recipes: the structure of what is needed to build a model again, and its TOML form. Looks up no names."""

from frostline.recipe.recipe import (
    BackboneRecipe,
    BatchNormPolicy,
    FreezeRecipe,
    HeadKind,
    HeadRecipe,
    InputRecipe,
    Recipe,
    TrainingRecipe,
    classic_recipe,
)
from frostline.recipe.toml import check_ranges, read_recipe, recipe_to_toml, write_recipe

__all__ = [
    "BackboneRecipe",
    "BatchNormPolicy",
    "FreezeRecipe",
    "HeadKind",
    "HeadRecipe",
    "InputRecipe",
    "Recipe",
    "TrainingRecipe",
    "check_ranges",
    "classic_recipe",
    "read_recipe",
    "recipe_to_toml",
    "write_recipe",
]
