"""How fast images go through a frozen prefix: Frostline's extraction, Keras's `predict`, and the bare engine.

    python -m bench.extraction [--backbones NAME ...] [--data FOLDER] [--images 420] [--rounds 5] [--engines]

All are timed in turn, in every round, on the same images, so that what else the machine does hits them alike.
Extraction goes from image files to features on disk: decoding, compiling and checking the engine included; the graph
was converted before, the cache is empty. The others are fed with ready arrays. Rates are medians over rounds, ratios
medians of the rounds' ratios; "CPU" is processor time of all threads, which other processes hardly disturb.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frostline.activations import ActivationStore, extract
from frostline.activations.engines import ENGINES, Engine, EngineRequest
from frostline.backbones import Backbone, load_backbone
from frostline.core.progress import SilentProgress
from frostline.data import Dataset

BATCH = 32
PHOTOGRAPHS = Path(__file__).parents[2] / "shared" / "data" / "pacs_photo"


def write_photographs(folder: Path, count: int) -> None:
    """JPEG files of a photograph's size and detail: 500x375, quality 90, in two classes."""
    generator = np.random.default_rng(0)
    for index in range(count):
        coarse = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize((500, 375), Image.Resampling.BICUBIC), np.float32)
        pixels = np.clip(smooth + generator.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8)
        place = folder / f"class_{index % 2}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{index:05d}.jpg", quality=90)


def bench(backbone: Backbone, dataset: Dataset, folder: Path, *, rounds: int, engines: bool) -> None:
    """Time the three ways and print a table."""
    cuts = tuple(cut.name for cut in backbone.cuts)
    store = ActivationStore(folder / "warm")
    request = EngineRequest(backbone, cuts, "mean", store.graphs, SilentProgress())
    loaded = {
        name: ENGINES.get(name).load(request)
        for name in (["openvino", "openvino-bfloat16", "keras"][: 3 if engines else 1])
    }
    model = backbone.tap(list(cuts), "mean")
    pixels = np.stack([dataset.pixels(i, backbone.contract) for i in range(len(dataset))])
    ready = pixels.astype(np.float32)
    fresh = iter(range(10**6))

    def frostline() -> None:
        empty = ActivationStore(folder / f"{next(fresh)}")
        empty.folder.mkdir()
        empty.graphs.symlink_to(store.graphs)
        extract(dataset, backbone, cuts, store=empty, engine="openvino", batch_size=BATCH)

    ways: dict[str, Callable[[], object]] = {
        "keras predict": lambda: model.predict(ready, batch_size=BATCH, verbose=0),
        "frostline extract": frostline,
        **{f"engine {name}": _feed(engine, pixels) for name, engine in loaded.items()},
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            started, cpu_started = time.perf_counter(), time.process_time()
            way()
            if turn:
                seconds[name].append(time.perf_counter() - started)
                cpu[name].append(time.process_time() - cpu_started)
    print(f"\n{backbone.name}: {len(dataset)} images, {len(cuts)} cuts, batch {BATCH}, {rounds} rounds")
    headings = ("images/s", "CPU ms/image", "x predict", "x raw engine", "raw CPU/CPU", "x predict, fastest")
    print(" " * 24 + "".join(f"{heading:>{len(heading) + 2}}" for heading in headings))
    for name in ways:
        figures = (
            f"{len(dataset) / float(np.median(seconds[name])):.1f}",
            f"{1000 * float(np.median(cpu[name])) / len(dataset):.1f}",
            f"{_ratio(seconds['keras predict'], seconds[name]):.2f}",
            f"{_ratio(seconds['engine openvino'], seconds[name]):.2f}",
            f"{_ratio(cpu['engine openvino'], cpu[name]):.2f}",
            f"{min(seconds['keras predict']) / min(seconds[name]):.2f}",
        )
        columns = zip(figures, headings, strict=True)
        print(f"{name:24}" + "".join(f"{figure:>{len(heading) + 2}}" for figure, heading in columns))


def _feed(engine: Engine, pixels: NDArray[np.uint8]) -> Callable[[], object]:
    return lambda: list(engine.stream(pixels[i : i + BATCH] for i in range(0, len(pixels), BATCH)))


def _ratio(base: list[float], other: list[float]) -> float:
    return float(np.median(np.array(base) / np.array(other)))


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", nargs="+", default=["googlenet", "mobilenet_v2"])
    parser.add_argument("--data", type=Path, default=PHOTOGRAPHS, help="a folder per class; generated without it")
    parser.add_argument("--images", type=int, default=420)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", action="store_true", help="also time the other engines")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="frostline-bench-") as name:
        folder = Path(name)
        if not asked.data.is_dir():
            write_photographs(folder / "data", asked.images)
        dataset = Dataset.from_folder(asked.data if asked.data.is_dir() else folder / "data")
        dataset = dataset.subset(range(min(asked.images, len(dataset))))
        first = dataset.records[0]
        print(f"images: {dataset.name}, {first.width}x{first.height} {first.format}")
        for backbone in asked.backbones:
            place = folder / backbone
            place.mkdir()
            bench(load_backbone(backbone), dataset, place, rounds=asked.rounds, engines=asked.engines)


if __name__ == "__main__":
    main()
