"""A diagnosis killed by SIGKILL at random moments, started again, against one that was left alone.

    python -m bench.survival --data FOLDER --weights FILE [--group-by REGEX] [--kills 10] [--preset quick]

Both have caches and run folders of their own. Prints every kill with what was there, and whether the findings agree
(seconds excepted). Exits with 1 when they do not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

SHARED = Path(__file__).parents[2] / "shared"


def start(options: argparse.Namespace, folder: Path) -> subprocess.Popen[bytes]:
    """Start the diagnosis in ``folder``."""
    command = [sys.executable, "-m", "frostline", "diagnose", str(options.data), "--weights", str(options.weights)]
    command += ["--group-by", options.group_by, "--preset", options.preset, "--quiet", "--json"]
    command += ["--out", str(folder / "run"), "--cache-dir", str(folder / "cache")]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def findings(folder: Path) -> Any:
    """The findings of the run in ``folder``, without the seconds."""
    value = json.loads((folder / "run" / "findings.json").read_text(encoding="utf-8"))
    for finding in value["findings"]:
        finding.pop("cost_seconds")
    return value


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "pacs_sketch")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "googlenet_imagenet.npz")
    parser.add_argument("--group-by", default="")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="frostline-survival-") as name:
        whole, killed = Path(name) / "whole", Path(name) / "killed"
        started = time.perf_counter()
        if start(options, whole).wait() != 0:
            raise SystemExit("The diagnosis that was left alone failed.")
        alone = time.perf_counter() - started
        print(f"left alone: {alone:.1f} s", flush=True)
        generator = np.random.default_rng(options.seed)
        same, kills = True, 0
        while kills < options.kills:
            # A killed run goes on from what is stored; one that got to its end is compared, and the next one begins.
            process = start(options, killed)
            try:
                process.wait(timeout=generator.uniform(1.0, max(8.0, 0.4 * alone)))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                outcomes = len(list((killed / "run" / "measured").glob("*")))
                shards = len(list((killed / "cache").rglob("*.npy")))
                print(f"kill {kills}: {outcomes} outcomes, {shards} shards are there", flush=True)
            else:
                same = same and process.returncode == 0 and findings(killed) == findings(whole)
                print("reached its end", flush=True)
                shutil.rmtree(killed)
        if start(options, killed).wait() != 0:
            raise SystemExit("The diagnosis that was killed could not be finished.")
        same = same and findings(killed) == findings(whole)
        print(f"findings {'are the same' if same else 'DIFFER'}")
        return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
