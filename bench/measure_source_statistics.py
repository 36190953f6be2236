"""Measure how known weights see photographs, and write the numbers into the package.

    python bench/measure_source_statistics.py ../shared

For each set of weights below: ``src/frostline/backbones/known/<file>.json`` (the record) and ``.npz`` (mean and
standard deviation per channel at every cut, over images and positions, float32). The photographs are the 420 of
``data/pacs_photo``, by the weights' own contract, and the 14 reference photographs, as they are.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

import frostline.backbones
from frostline.backbones import Backbone, load_backbone
from frostline.pixels.geometry import resize_and_crop
from frostline.records import to_json

KNOWN = Path(frostline.backbones.__file__).parent / "known"

# What the files cannot say themselves; from shared/weights/README.md.
SOURCES = {
    "googlenet_imagenet": (
        "googlenet",
        "googlenet_imagenet.npz",
        "googlenet_reference.npz",
        "BVLC model zoo, bvlc_googlenet, by way of a public per-layer conversion (values rounded to half precision)",
        "unrestricted use, by the model zoo's read-me; not confirmed",
    ),
    "mobilenet_v2_imagenet": (
        "mobilenet_v2",
        "mobilenet_v2_imagenet.weights.h5",
        "mobilenet_v2_reference.npz",
        "TensorFlow's MobileNetV2 1.0 224, int8 per channel expanded to float32, BatchNorm statistics measured anew",
        "Apache-2.0",
    ),
}


def main() -> None:
    """Measure all weights in ``SOURCES``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path, help="the folder that holds weights/ and data/")
    shared = parser.parse_args().shared
    for file, (name, weights, reference, source, licence) in SOURCES.items():
        backbone = load_backbone(name, shared / "weights" / weights)
        photographs = [_decode(path, backbone) for path in sorted((shared / "data/pacs_photo").rglob("*.jpg"))]
        with np.load(shared / "weights" / reference) as arrays:
            images = np.concatenate([np.stack(photographs), arrays["images"]])
        statistics = measure(backbone, images)
        record = dataclasses.replace(
            backbone.weights,
            file_hash="",
            source=source,
            licence=licence,
            trained_on="ImageNet-1k",
            source_statistics={},
        )
        (KNOWN / f"{file}.json").write_text(json.dumps(to_json(record), indent=2) + "\n", encoding="utf-8")
        np.savez(KNOWN / f"{file}.npz", allow_pickle=False, **statistics)
        print(f"{file}: {len(images)} images, {len(statistics) // 2} cuts, digest {record.digest}")


def measure(backbone: Backbone, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """``<cut>/mean`` and ``<cut>/std`` of every cut, ``(channels,)``.

    Args:
        backbone: the network.
        images: ``(n, size, size, 3)``.
    """
    names = [cut.name for cut in backbone.cuts]
    tap = backbone.tap(names, "moments")
    totals = [np.zeros((2, cut.channels)) for cut in backbone.cuts]
    for start in range(0, len(images), 31):
        outputs = tap.predict_on_batch(images[start : start + 31].astype(np.float32))
        for total, output in zip(totals, outputs, strict=True):
            total += np.asarray(output, dtype=np.float64).sum(axis=0)
    statistics = {}
    for name, total in zip(names, totals, strict=True):
        mean, square = total / len(images)
        statistics[f"{name}/mean"] = mean.astype(np.float32)
        statistics[f"{name}/std"] = np.sqrt(np.maximum(square - mean**2, 0.0)).astype(np.float32)
    return statistics


def _decode(path: Path, backbone: Backbone) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return resize_and_crop(ImageOps.exif_transpose(image).convert("RGB"), backbone.contract)


if __name__ == "__main__":
    main()
