"""Peak memory of extraction at 1,000 and at 20,000 images: it must not grow with their number.

    python bench/memory.py [--counts 1000 20000] [--backbone googlenet] [--cuts 1]

Each count runs in a process of its own, which writes small JPEG files (each of its own content), takes the converted
graph from a cache that an earlier process filled, and extracts the first cuts. "Peak" is the process's peak resident
memory, counted from the moment extraction starts (on Linux; elsewhere from the start of the process).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frostline.activations import ActivationStore, extract
from frostline.backbones import Backbone, load_backbone, save_safetensors
from frostline.pixels import resize_and_crop
from frostline.records import ImageRecord, InputContract


@dataclass
class Files:
    """The data set's seam over generated files."""

    root: Path
    records: tuple[ImageRecord, ...]

    def pixels(self, index: int, contract: InputContract) -> NDArray[np.uint8]:
        """Decode, resize and crop."""
        with Image.open(self.root / self.records[index].path) as image:
            return resize_and_crop(image.convert("RGB"), contract)


def write_files(root: Path, count: int) -> Files:
    """``count`` JPEG files of 96x96 pixels, all different."""
    generator = np.random.default_rng(count)
    records = []
    for index in range(count):
        coarse = generator.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        packed = io.BytesIO()
        Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC).save(packed, "JPEG")
        data = packed.getvalue()
        (root / f"{index}.jpg").write_bytes(data)
        records.append(_record(f"{index}.jpg", hashlib.sha256(data).hexdigest(), len(data)))
    return Files(root, tuple(records))


def resident_mib(kind: str) -> float:
    """Resident memory of this process in MiB: ``"VmHWM"`` its peak, ``"VmRSS"`` now (the peak too, outside Linux)."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(kind)) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def forget_peak() -> None:
    """Let the peak be counted from now on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def measure(backbone: Backbone, cuts: list[str], count: int, cache: Path) -> None:
    """Extract ``count`` images and print the peaks."""
    with tempfile.TemporaryDirectory(prefix="frostline-bench-") as name:
        files = write_files(Path(name), count)
        store = ActivationStore(cache)
        forget_peak()
        before, started = resident_mib("VmRSS"), time.perf_counter()
        found = extract(files, backbone, cuts, store=store, engine="openvino")
        after, seconds = resident_mib("VmHWM"), time.perf_counter() - started
        total = sum(found.read(cut).nbytes for cut in cuts) / 2**20
    print(
        f"{count:7} images: {before:6.0f} MiB before extraction, peak {after:6.0f} MiB (+{after - before:.0f}); "
        f"{total:.1f} MiB of features, {count / seconds:.0f} images/s",
        flush=True,
    )


def main() -> None:
    """Parse the command line; run one process per count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 20000])
    parser.add_argument("--backbone", default="googlenet")
    parser.add_argument("--cuts", type=int, default=1, help="how many of the first cuts")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        backbone = load_backbone(asked.backbone, asked.one / "weights.safetensors")
        measure(backbone, [cut.name for cut in backbone.cuts[: asked.cuts]], asked.counts[0], asked.one / "cache")
        return
    with tempfile.TemporaryDirectory(prefix="frostline-bench-") as name:
        folder = Path(name)
        save_safetensors(load_backbone(asked.backbone), folder / "weights.safetensors")
        # The first process converts the graph; its own figure includes Keras and is not wanted.
        for count in (2, *asked.counts):
            command = [sys.executable, __file__, "--one", str(folder), "--counts", str(count)]
            command += ["--backbone", asked.backbone, "--cuts", str(asked.cuts)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL if count == 2 else None)


def _record(path: str, content: str, size: int) -> ImageRecord:
    return ImageRecord(
        path=path, label="a", group=path, split="", content=content, width=96, height=96, mode="RGB",
        format="JPEG", bytes=size, phash="0" * 16, mean_rgb=(0.0, 0.0, 0.0), contrast=1.0, sharpness=1.0,
        saturation=1.0,
    )  # fmt: skip


if __name__ == "__main__":
    main()
