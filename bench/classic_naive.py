"""The classic recipe as people write it in Keras: what Frostline's own way is measured against.

    python -m bench.classic_naive --data FOLDER --backbone googlenet --weights PATH --epochs 10

The images come from ``image_dataset_from_directory``; the frozen network stands inside the model, so that every image
goes through it in every epoch; ``fit`` trains Dense(128, relu) and a softmax on top, with Adam at 1e-3. ``FOLDER``
holds ``train`` and ``val``, each with a folder per class; otherwise a fifth of the images, drawn at random, validates.

Only the network itself comes from Frostline, so that both sides run the same weights.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from frostline.backbones import load_backbone

IMAGE_SIZE = (224, 224)
BATCH = 32
HIDDEN = 128
RATE = 1e-3
VALIDATION_SHARE = 0.2


def main(arguments: list[str] | None = None) -> None:
    """Train, and print seconds per epoch, seconds in total and the last accuracy."""
    options = _parser().parse_args(arguments)
    keras.utils.set_random_seed(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = subset(options.data, options.images, Path(scratch), options.seed) if options.images else options.data
        result = train(folder, options.backbone, options.weights, options.epochs, options.seed)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
        return
    epochs = " ".join(f"{seconds:.1f}" for seconds in result["seconds_per_epoch"])
    sys.stdout.write(
        f"naive Keras, {options.backbone}: {result['train_images']} + {result['val_images']} images, "
        f"{options.epochs} epochs\n"
        f"  seconds per epoch   {epochs}\n"
        f"  seconds in total    {result['seconds']:.1f}\n"
        f"  accuracy            {result['accuracy']:.3f} (validation, last epoch)\n"
        f"  balanced accuracy   {result['balanced_accuracy']:.3f}\n"
    )


def train(folder: Path, backbone: str, weights: Path | None, epochs: int, seed: int) -> dict[str, Any]:
    """The naive script. Its clock runs from before the folder is listed until ``fit`` returns."""
    started = time.perf_counter()
    train_images, val_images = _datasets(folder, seed)
    class_names = train_images.class_names

    loaded = load_backbone(backbone, weights)
    base = loaded.whole()
    base.trainable = False

    contract = loaded.contract
    pixels = keras.Input((*IMAGE_SIZE, 3))
    ordered = pixels[..., ::-1] if contract.channel_order == "bgr" else pixels
    scaled = (ordered * contract.scale - np.array(contract.mean, np.float32)) / np.array(contract.std, np.float32)
    pooled = keras.layers.GlobalAveragePooling2D()(base(scaled, training=False))
    hidden = keras.layers.Dense(HIDDEN, activation="relu")(pooled)
    model = keras.Model(pixels, keras.layers.Dense(len(class_names), activation="softmax")(hidden))
    model.compile(optimizer=keras.optimizers.Adam(RATE), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = EpochClock()
    history = model.fit(train_images, validation_data=val_images, epochs=epochs, callbacks=[clock], verbose=0)
    seconds = time.perf_counter() - started

    labels, predictions = _predict(model, val_images)
    return {
        "backbone": backbone,
        "train_images": _count(train_images),
        "val_images": len(labels),
        "classes": len(class_names),
        "epochs": epochs,
        "seconds": seconds,
        "seconds_per_epoch": clock.seconds,
        "accuracy": float(history.history["val_accuracy"][-1]),
        "balanced_accuracy": float(np.mean([np.mean(predictions[labels == k] == k) for k in np.unique(labels)])),
    }


def subset(data: Path, images: int, folder: Path, seed: int) -> Path:
    """A copy of ``data`` with about ``images`` of its images, the same share of every class and split."""
    paths = sorted(path for path in data.rglob("*") if path.is_file() and not path.name.startswith("."))
    by_class: dict[Path, list[Path]] = {}
    for index in np.random.default_rng(seed).permutation(len(paths)):
        by_class.setdefault(paths[index].parent, []).append(paths[index])
    share = min(1.0, images / len(paths))
    for members in by_class.values():
        for path in members[: max(2, round(share * len(members)))]:
            place = folder / path.relative_to(data)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    return folder


class EpochClock(keras.callbacks.Callback):  # type: ignore[misc]
    """Seconds of every epoch, validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._started = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        del epoch, logs
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop it."""
        del epoch, logs
        self.seconds.append(time.perf_counter() - self._started)


def _datasets(folder: Path, seed: int) -> tuple[Any, Any]:
    read = keras.utils.image_dataset_from_directory
    if (folder / "train").is_dir() and (folder / "val").is_dir():
        return (
            read(folder / "train", image_size=IMAGE_SIZE, batch_size=BATCH, seed=seed, verbose=False),
            read(folder / "val", image_size=IMAGE_SIZE, batch_size=BATCH, shuffle=False, verbose=False),
        )
    both = read(
        folder,
        image_size=IMAGE_SIZE,
        batch_size=BATCH,
        seed=seed,
        validation_split=VALIDATION_SHARE,
        subset="both",
        verbose=False,
    )
    return both[0], both[1]


def _predict(model: Any, images: Any) -> tuple[Any, Any]:
    labels, predictions = [], []
    for batch, batch_labels in images:
        labels.append(np.asarray(batch_labels))
        predictions.append(np.asarray(model.predict_on_batch(batch)).argmax(axis=1))
    return np.concatenate(labels), np.concatenate(predictions)


def _count(dataset: Any) -> int:
    return len(dataset.file_paths)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.classic_naive", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder per class, or train/ and val/ of such")
    parser.add_argument("--images", type=int, help="use about so many of the images")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--backbone", default="googlenet", help="googlenet, mobilenet_v2, ...")
    parser.add_argument("--weights", type=Path, help="weights file; random weights without")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one line of JSON instead of the text")
    return parser


if __name__ == "__main__":
    main()
