"""What runs a frozen prefix: the base of all engines, and what one is made from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frostline.backbones.backbone import Backbone, Pooling
from frostline.core.errors import FrostlineError
from frostline.core.progress import Progress


class EngineError(FrostlineError):
    """An engine that cannot run a graph, or whose outputs differ from Keras's. Keras takes over."""


def ignore(_: object) -> None:
    """Nothing: for whoever does not want to be told."""


class Engine(ABC):
    """Runs a tapped prefix on batches of pixels.

    Attributes:
        name: of the engine; part of the activation key.
        precision: the number format it computes in; part of the activation key.
    """

    name: str
    precision: str

    @abstractmethod
    def run(self, batch: NDArray[np.uint8] | NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The activations of a batch.

        Args:
            batch: uint8 or float32 ``(b, size, size, 3)``, RGB, 0..255.

        Returns:
            One float32 array per cut, rows first: ``(b, c)``, ``(b, h, w, c)`` or ``(b, 2, c)``. A row does not
            depend on the other rows.

        Raises:
            EngineError: the engine failed.
        """

    def stream(
        self, batches: Iterable[NDArray[np.uint8]], *, say: Callable[[str], None] = ignore
    ) -> Generator[list[NDArray[np.float32]], None, None]:
        """``run`` on batch after batch, in order. A batch that does not fit into memory is halved, and that is said.

        Engines that can work on the next batch while the last one is finishing override this.

        Raises:
            EngineError: the engine failed, or one image alone does not fit into memory.
        """
        limit = 2**31
        for batch in batches:
            done: list[list[NDArray[np.float32]]] = []
            start = 0
            while start < len(batch):
                part = batch[start : start + limit]
                try:
                    done.append(self.run(part))
                    start += len(part)
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
                    if len(part) == 1:
                        raise EngineError(
                            f"{self.name} ran out of memory on a single image of {batch.shape[1]} pixels ({error}).",
                            hint="free memory, or choose a smaller image size.",
                        ) from error
                    limit = len(part) // 2
                    say(f"Out of memory with {len(part)} images at a time: the batch is lowered to {limit}.")
            yield [np.concatenate(outputs) for outputs in zip(*done, strict=True)]


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What an engine is to run.

    Attributes:
        backbone: the network.
        cuts: names of the cuts.
        pooling: as ``Backbone.tap`` takes it.
        folder: where converted graphs are cached.
        progress: told of conversions.
        use: called with every file of the cache that is used.
    """

    backbone: Backbone
    cuts: tuple[str, ...]
    pooling: Pooling
    folder: Path
    progress: Progress
    use: Callable[[Path], None] = ignore


@dataclass(frozen=True, slots=True)
class EngineKind:
    """An engine before it has a graph; an item of the registry ``ENGINES``.

    Attributes:
        name: of the engine; part of the activation key.
        precision: the number format it computes in; part of the activation key.
        available: whether it can run here; must not import a framework unless there is an accelerator.
        load: builds it; raises EngineError where it cannot run the graph, or gives other outputs than Keras.
    """

    name: str
    precision: str
    available: Callable[[], bool]
    load: Callable[[EngineRequest], Engine]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of NumPy, TensorFlow, PyTorch, JAX or OpenVINO means that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError"):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "bad_alloc" in text or "oom" in text.split())
