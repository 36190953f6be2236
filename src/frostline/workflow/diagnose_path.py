"""The diagnosis as the command line asks for it: from paths and names to a finished run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from frostline.core.errors import UsageError
from frostline.core.progress import Progress
from frostline.recipe import Recipe, classic_recipe, read_recipe
from frostline.workflow.cache import check_cache
from frostline.workflow.diagnose import diagnose
from frostline.workflow.open_data import open_data
from frostline.workflow.request import Preset, check_settings
from frostline.workflow.resolve import load_recipe_backbone
from frostline.workflow.run import Run

DEFAULT_BACKBONE = "googlenet"


def diagnose_path(
    data: Path,
    *,
    backbone: str | None,
    weights: Path | None,
    group_by: str,
    val: Path | None,
    recipe_file: Path | None,
    preset: Preset,
    time_limit: float | None,
    claimed_accuracy: float | None,
    max_images: int,
    seed: int | None,
    out: Path | None,
    cache_dir: Path | None,
    progress: Progress,
) -> Run:
    """Diagnose a folder or a CSV file; see ``diagnose`` for the arguments.

    What can be wrong with the settings is found before the first image is read.

    Raises:
        UsageError: settings that make no sense, a run folder that is a file.
        DataError, WeightsError, StoreError: as ``diagnose``.
    """
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"The run folder {out} is a file.", hint="name another folder with --out.")
    recipe = _recipe(recipe_file, backbone, weights, seed)
    check_settings(
        preset=preset, time_limit=time_limit, max_images=max_images, seed=recipe.seed, claimed_accuracy=claimed_accuracy
    )
    check_cache(cache_dir)
    network = load_recipe_backbone(recipe)
    dataset = open_data(data, group_by=group_by, val=val, cache_dir=cache_dir, progress=progress)
    return diagnose(
        dataset,
        network,
        recipe=recipe,
        preset=preset,
        time_limit=time_limit,
        claimed_accuracy=claimed_accuracy,
        max_images=max_images,
        seed=recipe.seed,
        out=out,
        cache_dir=cache_dir,
        progress=progress,
        group_by=group_by,
        val=str(val or ""),
    )


def _recipe(file: Path | None, backbone: str | None, weights: Path | None, seed: int | None) -> Recipe:
    if file is None:
        return classic_recipe(backbone or DEFAULT_BACKBONE, weights=str(weights or ""), seed=seed or 0)
    recipe = read_recipe(file)
    if backbone is not None and backbone != recipe.backbone.name:
        raise UsageError(
            f"--backbone {backbone} and the recipe {file}, which names {recipe.backbone.name}, contradict each other.",
            hint="leave --backbone out, or change backbone.name in the recipe.",
        )
    if weights is not None:
        recipe = replace(recipe, backbone=replace(recipe.backbone, weights=str(weights)))
    return recipe if seed is None else replace(recipe, seed=seed)
