"""Recipes as TOML: strict reading with suggestions, complete writing."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import tomlkit

from frostline.core.errors import RecipeError, StoreError
from frostline.core.store import write_text
from frostline.recipe.recipe import SCHEMA, Recipe
from frostline.records import from_json, to_json


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: the file is missing, is not TOML, has an unknown key, a wrong type, a value out of range, or was
            written by a newer version.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(
            f"The recipe {path} could not be read: {error}.",
            hint="a recipe is a TOML file such as recipes/classic.toml in any run folder.",
        ) from error
    schema = values.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        raise RecipeError(
            f"The recipe {path} has schema {schema}; this version of Frostline reads up to {SCHEMA}.",
            hint="upgrade Frostline.",
        )
    _refuse_unknown_keys(Recipe, values, path, "")
    try:
        recipe = from_json(Recipe, values)
    except StoreError as error:
        raise RecipeError(f"The recipe {path} does not fit: {error.message}") from error
    check_ranges(recipe, str(path))
    return recipe


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write every setting of ``recipe``, also those at their defaults."""
    write_text(path, recipe_to_toml(recipe))


def recipe_to_toml(recipe: Recipe) -> str:
    """A recipe as TOML text, scalars first, then one table per part."""
    values = to_json(recipe)
    scalars = {key: value for key, value in values.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    return tomlkit.dumps(scalars) + "\n" + tomlkit.dumps(tables)


def check_ranges(recipe: Recipe, where: str) -> None:
    """Refuse settings that no training can use.

    Raises:
        RecipeError: names the setting, its range and the value received.
    """
    training = recipe.training
    for name, value, low, high in (
        ("seed", recipe.seed, 0, 2**31 - 1),
        ("training.learning_rate", training.learning_rate, 1e-8, 100.0),
        ("training.batch_size", training.batch_size, 1, 65_536),
        ("training.epochs", training.epochs, 1, 10_000),
        *(("head.hidden", width, 1, 65_536) for width in recipe.head.hidden),
    ):
        if not low <= value <= high:
            raise RecipeError(f"{name} in {where} must lie in [{low}, {high}]. Received: {value!r}.")


def _refuse_unknown_keys(kind: type[Any], values: Mapping[str, Any], path: Path, where: str) -> None:
    hints = get_type_hints(kind)
    for key, value in values.items():
        if key not in hints:
            close = difflib.get_close_matches(key, hints, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(hints)}."
            raise RecipeError(f"Unknown key {where + key!r} in the recipe {path}.", hint=hint)
        if dataclasses.is_dataclass(hints[key]) and isinstance(value, Mapping):
            _refuse_unknown_keys(hints[key], value, path, f"{where}{key}.")
