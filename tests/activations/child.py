"""Another process on the cache: ``python -m tests.activations.child STORE WEIGHTS.json CUTS COUNT DELAY ROWS``.

Knows the tiny backbone by its record only, so it runs from the converted graph, without Keras.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.activations.fakes import Images, images

from frostline.activations import ActivationStore, extract, writer
from frostline.core.hashing import hash_bytes
from frostline.records import Cut, InputContract, WeightsRecord, from_json


@dataclass
class Known:
    """A backbone that cannot be built."""

    weights: WeightsRecord
    name: str = "tiny"
    cuts: tuple[Cut, ...] = (Cut("stem", 0, 8, 2), Cut("block1", 1, 16, 4), Cut("block2", 2, 24, 8))

    @property
    def contract(self) -> InputContract:
        return self.weights.contract

    def tap(self, cuts: object, pooling: object) -> object:
        raise AssertionError("the network was built")


class Slow(Images):
    delay = 0.0

    def pixels(self, index, contract):  # type: ignore[no-untyped-def]
        time.sleep(self.delay)
        return super().pixels(index, contract)


def main() -> None:
    folder, weights, cuts, count, delay, rows = sys.argv[1:]
    dataset = Slow(images(int(count)).values)
    dataset.delay = float(delay)
    writer._ROWS = int(rows)
    record = from_json(WeightsRecord, json.loads(Path(weights).read_text()))
    found = extract(dataset, Known(record), cuts.split(","), store=ActivationStore(folder))  # type: ignore[arg-type]
    for cut in cuts.split(","):
        print(hash_bytes(np.ascontiguousarray(found.read(cut)).tobytes()))
    heavy = {"keras", "tensorflow"} & set(sys.modules)
    assert not heavy, heavy


if __name__ == "__main__":
    main()
