"""The spine of a diagnosis, in the order of the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from frostline.activations import ActivationStore
from frostline.backbones import Backbone
from frostline.backbones.cost import multiply_adds
from frostline.core.errors import UsageError
from frostline.core.hashing import hash_json
from frostline.core.progress import Progress, SilentProgress
from frostline.core.store import remember, write_json
from frostline.data import Dataset
from frostline.data.checks import run_checks
from frostline.diagnose.causes import causes
from frostline.diagnose.experiment import (
    Experiment,
    OutOfBudgetError,
    baseline,
    best_cut,
    joined_cuts,
    majority,
    random_weights,
    raw_pixels,
)
from frostline.diagnose.protocol import investigate
from frostline.diagnose.verdict import compose_verdict
from frostline.recipe import Recipe, classic_recipe, recipe_to_toml
from frostline.records import CheckResult, to_json
from frostline.report import write_report
from frostline.stats import feasible_folds
from frostline.workflow.budget import Workload, make_plan
from frostline.workflow.cache import DEFAULT_BUDGET_BYTES, cache_folder
from frostline.workflow.case import make_case
from frostline.workflow.depth import measure_depth
from frostline.workflow.laboratory import Laboratory
from frostline.workflow.learning_curve import measure_learning_curve
from frostline.workflow.log import LoggedProgress
from frostline.workflow.outcomes import OutcomeFolder
from frostline.workflow.request import DEFAULT_MAX_IMAGES, SEEDS, DiagnoseRequest, Preset, check_settings
from frostline.workflow.resolve import resolve
from frostline.workflow.results import (
    baseline_figures,
    best_frozen,
    collect_results,
    leaderboard_rows,
    measure_claim,
    write_row_recipes,
)
from frostline.workflow.run import Run, open_run, write_findings, write_history, write_leaderboard
from frostline.workflow.subset import limit_images

FOLDS = 5
# What the numbers of a run depend on besides its settings; raise it when an estimator changes.
MEASURING_VERSION = 3


def diagnose(
    dataset: Dataset,
    backbone: Backbone | None = None,
    *,
    recipe: Recipe | None = None,
    preset: Preset = "standard",
    time_limit: float | None = None,
    claimed_accuracy: float | None = None,
    max_images: int = DEFAULT_MAX_IMAGES,
    seed: int = 0,
    out: Path | str | None = None,
    cache_dir: Path | str | None = None,
    progress: Progress | None = None,
    group_by: str = "",
    val: str = "",
) -> Run:
    """Say why transfer learning performs as it does on these images: measure, test the causes, write the run folder.

    Interrupted at any point, the same call goes on where it stopped.

    Args:
        dataset: the images.
        backbone: the pretrained network; loaded by the recipe's name and weights when None.
        recipe: the set-up to explain; the classic recipe on ``backbone`` when None.
        preset: ``quick``, ``standard`` or ``thorough``.
        time_limit: seconds; what does not fit by the model of cost is ``not tested (budget)``.
        claimed_accuracy: what the set-up is said to reach, 0..1.
        max_images: at most so many images, drawn by group; 0 for all.
        seed: of folds, heads and resampling.
        out: the run folder; below ``frostline-runs`` when None.
        cache_dir: folder of the activation cache; see ``workflow.cache``.
        progress: told what is going on.
        group_by, val: as given on the command line; for the record.

    Returns:
        The finished run.

    Raises:
        UsageError: settings that make no sense, a recipe that does not fit.
        DataError: images or labels that cannot be used.
        WeightsError: weights that cannot be used.
        StoreError: the run folder or the cache cannot be used.
    """
    if not isinstance(dataset, Dataset):
        raise UsageError(
            f"Expected a fl.Dataset. Received: {type(dataset).__name__}.",
            hint="read it first: fl.Dataset.from_folder(PATH), from_csv(PATH) or from_arrays(images, labels).",
        )
    progress = progress or SilentProgress()
    check_settings(
        preset=preset, time_limit=time_limit, max_images=max_images, seed=seed, claimed_accuracy=claimed_accuracy
    )
    if recipe is None:
        recipe = _classic(backbone, seed)
    recipe, backbone = resolve(recipe, backbone)
    full, dataset = dataset, limit_images(dataset, max_images, seed=seed)
    folds = feasible_folds(dataset.labels, dataset.groups, FOLDS)
    dataset = dataset.with_folds(folds, seed=seed)
    request = DiagnoseRequest(
        data=str(full.root or full.name),
        data_digest=full.digest,
        backbone=backbone.name,
        weights=recipe.backbone.weights,
        weights_digest=backbone.weights.digest,
        recipe=recipe_to_toml(recipe),
        group_by=group_by,
        val=val,
        claimed_accuracy=claimed_accuracy,
        preset=preset,
        time_limit=time_limit,
        max_images=max_images,
        seed=seed,
    )
    run = open_run(Path(out) if out else default_run_folder(full.name, request), request)
    with LoggedProgress(run.path / "log.txt", progress) as logged:
        dataset.write_manifest(run.path / "manifest.csv")
        full.write_skipped(run.path / "skipped_files.csv")
        _say_size(full, dataset, logged)
        checks = run_checks(dataset)
        write_json(run.path / "checks.json", to_json(checks))
        workload = _workload(dataset, backbone, recipe, folds, run.path)
        plan = make_plan(run.path, workload, preset=preset, time_limit=time_limit)
        context = [MEASURING_VERSION, dataset.digest, dataset.folds.tolist(), backbone.weights.digest, seed]
        laboratory = Laboratory(
            dataset,
            backbone,
            recipe,
            store=ActivationStore(cache_folder(cache_dir, run.path), budget_bytes=DEFAULT_BUDGET_BYTES),
            outcomes=OutcomeFolder(run.path / "measured", hash_json([*context, SEEDS[preset]]), len(dataset.records)),
            plan=plan,
            seeds=SEEDS[preset],
            progress=logged,
        )
        return _investigate(run, full, laboratory, checks, claimed_accuracy)


def default_run_folder(name: str, request: DiagnoseRequest) -> Path:
    """``frostline-runs/<data set>-<backbone>-<digest of the request>``: the same request finds its run again.

    The time limit is no part of the digest: given more time, a run goes on.
    """
    digest = hash_json(to_json(replace(request, time_limit=None)))[:8]
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:60]
    return Path("frostline-runs") / f"{safe}-{request.backbone}-{digest}"


def _investigate(
    run: Run, full: Dataset, laboratory: Laboratory, checks: tuple[CheckResult, ...], claimed: float | None
) -> Run:
    recipe, progress = laboratory.recipe, laboratory.progress
    explained = baseline(recipe)
    laboratory(explained)
    if explained.name != "classic":
        laboratory(baseline(resolve(_classic(laboratory.backbone, recipe.seed), laboratory.backbone)[0]))
    _measure_what_fits(laboratory, (majority(), raw_pixels(), random_weights(recipe)))
    depth = measure_depth(laboratory)
    _measure_what_fits(laboratory, (best_cut(recipe), joined_cuts(recipe, laboratory.cuts)))
    curve = measure_learning_curve(laboratory)
    case = make_case(laboratory, checks, depth)
    findings = investigate(case, (causes.get(name)() for name in causes), laboratory, progress=progress)
    rows = leaderboard_rows(laboratory)
    figures = baseline_figures(laboratory, rows, explained.name)
    verdict = compose_verdict(
        figures,
        findings,
        backbone=laboratory.backbone.name,
        best_cut=best_frozen(laboratory, "best_cut"),
        best_taps=best_frozen(laboratory, "best_taps"),
        best_head=best_frozen(laboratory, "best_head"),
        first_cut=(depth[0].cut.name, depth[0].accuracy.value) if depth else None,
        claim=None if claimed is None else measure_claim(laboratory, claimed, user_split=case.has_user_split),
    )
    write_leaderboard(run, rows)
    write_row_recipes(run.path, laboratory)
    write_history(run, [row for outcome in laboratory.measured().values() for row in outcome.history])
    results = collect_results(laboratory, case, findings, rows, verdict, figures, curve, full)
    write_json(run.path / "results.json", results)
    write_report(run.path / "report.html", results)
    write_findings(run, verdict, findings)
    return run


def _classic(backbone: Backbone | None, seed: int) -> Recipe:
    if backbone is None:
        raise UsageError(
            "A diagnosis needs a backbone or a recipe that names one. Received neither.",
            hint='pass backbone=fl.load_backbone("googlenet", weights=PATH), or --backbone and --weights.',
        )
    return classic_recipe(backbone.name, weights=backbone.origin, seed=seed)


def _measure_what_fits(laboratory: Laboratory, experiments: Iterable[Experiment]) -> None:
    for experiment in experiments:
        try:
            laboratory(experiment)
        except OutOfBudgetError as reason:
            laboratory.progress.say(f"{experiment.name}: {reason}")


def _workload(dataset: Dataset, backbone: Backbone, recipe: Recipe, folds: int, folder: Path) -> Workload:
    counted = remember(folder / "cost.json", lambda: {"multiply_adds": multiply_adds(backbone)}, keys=["multiply_adds"])
    return Workload(
        images=len(dataset.records),
        classes=len(dataset.class_names),
        channels=tuple(cut.channels for cut in backbone.cuts),
        multiply_adds=float(counted["multiply_adds"]),
        epochs=recipe.training.epochs,
        batch_size=recipe.training.batch_size,
        folds=folds,
    )


def _say_size(full: Dataset, used: Dataset, progress: Progress) -> None:
    skipped = sum(item.outcome == "skipped" for item in full.skipped)
    progress.say(
        f"{len(full.records)} images in {len(full.class_names)} classes, {len(set(full.groups))} groups; "
        f"{skipped} files skipped, {len(full.skipped) - skipped} ignored"
    )
    if len(used.records) < len(full.records):
        progress.say(f"using {len(used.records)} of them (--max-images 0 uses all)")
