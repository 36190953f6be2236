"""The classic recipe: Frostline's own way against the naive Keras script, on the same images, split and weights.

    python -m bench.classic [--data FOLDER --group-by REGEX --backbone NAME --weights PATH --images N --epochs N]

Each side runs in a process of its own; its clock starts after the imports and stops when the head is trained.
Frostline starts with an empty cache. ``--naive-epochs`` trains the naive model for fewer epochs and reckons with its
steady epochs (all but the first) for the rest; its accuracy is then that of the fewer epochs, and the output says so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"
DATA = SHARED / "data" / "omniglot_scripts"
GROUP_BY = r"^([^/]+/character\d+)_"
WEIGHTS = SHARED / "weights" / "googlenet_imagenet.npz"
FOLDS = 5
ASKED_RATIO = 15.0


def main(arguments: list[str] | None = None) -> None:
    """Measure both sides and print the ratio."""
    options = _parser().parse_args(arguments)
    if options.only_frostline:
        result = frostline_classic(options.data, options.backbone, options.weights, options.epochs, options.seed)
        sys.stdout.write(json.dumps(result) + "\n")
        return
    if not options.data.is_dir() or not options.weights.is_file():
        raise SystemExit(f"Needs a folder of images and a weights file: {options.data}, {options.weights}.")
    with tempfile.TemporaryDirectory() as scratch:
        split = split_folder(options.data, options.group_by, options.images, Path(scratch), options.seed)
        common = ["--data", str(split), "--backbone", options.backbone, "--weights", str(options.weights)]
        common += ["--seed", str(options.seed)]
        ours = _run("bench.classic", [*common, "--epochs", str(options.epochs), "--only-frostline"])
        naive_epochs = min(options.naive_epochs or options.epochs, options.epochs)
        naive = _run("bench.classic_naive", [*common, "--epochs", str(naive_epochs), "--json"])
    sys.stdout.write(comparison(ours, naive, options.epochs) + "\n")


def frostline_classic(folder: Path, backbone: str, weights: Path, epochs: int, seed: int) -> dict[str, Any]:
    """Frostline's way: every image through the frozen network once, then the head on what came out.

    The same parts as ``frostline diagnose`` uses for its row ``classic``, on the split of ``folder``; images are
    squashed to the network's size, as ``image_dataset_from_directory`` does.
    """
    from frostline.activations import ActivationStore, extract
    from frostline.backbones import load_backbone
    from frostline.core.optional import require_keras
    from frostline.core.progress import SilentProgress
    from frostline.data import Dataset
    from frostline.recipe import HeadRecipe, TrainingRecipe
    from frostline.stats import balanced_accuracy
    from frostline.tune import DenseHeadTrainer

    require_keras()  # imports are outside the clock, as on the naive side
    started = time.perf_counter()
    loaded = load_backbone(backbone, weights)
    loaded = loaded.with_contract(replace(loaded.contract, resize="squash"))
    cut = loaded.cuts[-1].name
    sides: dict[str, tuple[Any, Any]] = {}
    with tempfile.TemporaryDirectory() as cache:
        store = ActivationStore(Path(cache), budget_bytes=1 << 32)
        for side in ("train", "val"):
            dataset = Dataset.from_folder(folder / side)
            activations = extract(dataset, loaded, [cut], store=store, progress=SilentProgress())
            sides[side] = (activations.read(cut), dataset.labels)
            classes = len(dataset.class_names)
        extracted = time.perf_counter()
        (features, labels), validation = sides["train"], sides["val"]
        trainer = DenseHeadTrainer(
            features.shape[1], classes, head=HeadRecipe(), training=TrainingRecipe(epochs=epochs)
        )
        head = trainer.train(features, labels, seed=seed, validation=validation)
    ended = time.perf_counter()
    predictions = head.logits(validation[0]).argmax(axis=1)
    return {
        "backbone": backbone,
        "train_images": len(labels),
        "val_images": len(validation[1]),
        "classes": classes,
        "epochs": epochs,
        "seconds": ended - started,
        "seconds_extracting": extracted - started,
        "seconds_training": ended - extracted,
        "accuracy": float(np.mean(predictions == validation[1])),
        "balanced_accuracy": float(balanced_accuracy(validation[1], predictions)),
    }


def comparison(ours: dict[str, Any], naive: dict[str, Any], epochs: int) -> str:
    """The text that compares the two results."""
    seconds, reckoned = whole_seconds(naive, epochs)
    ratio = seconds / ours["seconds"]
    val_images = naive["val_images"]
    # One standard error of the difference of two shares of the same images, taken as independent.
    noise = float(np.sqrt(2 * naive["accuracy"] * (1 - naive["accuracy"]) / val_images))
    note = f"  (reckoned from {naive['epochs']} epochs; accuracy after those)" if reckoned else ""
    return "\n".join(
        [
            f"classic recipe, {ours['backbone']}, {epochs} epochs, {ours['train_images']} images for training, "
            f"{ours['val_images']} for validation, {ours['classes']} classes",
            f"  naive Keras   {seconds:8.1f} s   accuracy {naive['accuracy']:.3f}   "
            f"balanced {naive['balanced_accuracy']:.3f}{note}",
            f"  Frostline     {ours['seconds']:8.1f} s   accuracy {ours['accuracy']:.3f}   "
            f"balanced {ours['balanced_accuracy']:.3f}   "
            f"(images {ours['seconds_extracting']:.1f} s, head {ours['seconds_training']:.1f} s)",
            f"  ratio         {ratio:8.1f}     asked: at least {ASKED_RATIO:.0f}: "
            f"{'reached' if ratio >= ASKED_RATIO else 'NOT reached'}",
            f"  accuracy      {ours['accuracy'] - naive['accuracy']:+8.3f}     one standard error: {noise:.3f}",
        ]
    )


def whole_seconds(naive: dict[str, Any], epochs: int) -> tuple[float, bool]:
    """What the naive script takes for ``epochs``, and whether that was reckoned rather than measured."""
    missing = epochs - naive["epochs"]
    if missing <= 0:
        return naive["seconds"], False
    steady = naive["seconds_per_epoch"][1:] or naive["seconds_per_epoch"]
    return naive["seconds"] + missing * float(np.mean(steady)), True


def split_folder(data: Path, group_by: str | None, images: int, folder: Path, seed: int) -> Path:
    """``train`` and ``val`` with copies of about ``images`` of the images; whole groups go to one side."""
    from bench.classic_naive import subset
    from frostline.data import Dataset

    chosen = subset(data, images, folder / "chosen", seed)
    dataset = Dataset.from_folder(chosen, group_by=group_by).with_folds(FOLDS, seed=seed)
    for record, fold in zip(dataset.records, dataset.folds, strict=True):
        place = folder / "split" / ("val" if fold == 0 else "train") / record.path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(chosen / record.path, place)
    return folder / "split"


def _run(module: str, arguments: list[str]) -> dict[str, Any]:
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    result = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, check=True
    )
    parsed: dict[str, Any] = json.loads(result.stdout.decode().strip().splitlines()[-1])
    return parsed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.classic", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder per class")
    parser.add_argument("--group-by", default=GROUP_BY, help="as in `frostline diagnose`")
    parser.add_argument("--backbone", default="googlenet")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--naive-epochs", type=int, help="train the naive model for fewer epochs and reckon the rest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only-frostline", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    main()
