"""From names in a recipe to things that exist."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from frostline.backbones import Backbone, load_backbone
from frostline.core.errors import RecipeError
from frostline.recipe import Recipe


def resolve(recipe: Recipe, backbone: Backbone | None = None) -> tuple[Recipe, Backbone]:
    """Load the recipe's backbone, fill in what the recipe leaves open, and check its names.

    Args:
        recipe: as read or made.
        backbone: already loaded; loaded by the recipe's name and weights when None.

    Returns:
        The recipe with its weights' digest, its taps and its frost line named, and the backbone.

    Raises:
        RecipeError: a cut that the backbone does not have, weights other than the recipe's digest says, or something
            that this version cannot do yet.
    """
    backbone = backbone or load_recipe_backbone(recipe)
    digest = backbone.weights.digest
    if recipe.backbone.digest and recipe.backbone.digest != digest:
        raise RecipeError(
            f"The recipe asks for weights with the digest {recipe.backbone.digest[:12]}…; "
            f"{recipe.backbone.weights or backbone.name} has {digest[:12]}….",
            hint="use the weights that the recipe was written for, or empty backbone.digest.",
        )
    last = backbone.cuts[-1].name
    _check_names(recipe, backbone)
    freeze = replace(
        recipe.freeze,
        taps=recipe.freeze.taps or (last,),
        frost_line=recipe.freeze.frost_line or last,
    )
    return replace(recipe, backbone=replace(recipe.backbone, digest=digest), freeze=freeze), backbone


def load_recipe_backbone(recipe: Recipe) -> Backbone:
    """The backbone that a recipe names, with its weights.

    Raises:
        UnknownNameError: no such backbone.
        WeightsError: the weights cannot be used.
    """
    weights = recipe.backbone.weights
    return load_backbone(recipe.backbone.name, weights=Path(weights) if weights else None, seed=recipe.seed)


def _check_names(recipe: Recipe, backbone: Backbone) -> None:
    for name in (*recipe.freeze.taps, *filter(None, [recipe.freeze.frost_line])):
        backbone.cut(name)
    last = backbone.cuts[-1].name
    if recipe.freeze.frost_line not in ("", last):
        raise RecipeError(
            f"freeze.frost_line = {recipe.freeze.frost_line!r}: this version diagnoses frozen networks only.",
            hint=f"leave it empty (or {last!r}): everything frozen.",
        )
    if recipe.input.view:
        raise RecipeError(
            f"input.view = {recipe.input.view!r}: this version has no filters yet.", hint="leave it empty."
        )
