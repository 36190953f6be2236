"""OpenVINO on CPUs, the default there.

Chosen over ONNX Runtime by measurement (see ``bench/extraction.py``): on two cores, Inception v1 in float32, 2.0 times
the images per second of Keras's ``predict`` against 1.1; and it reads TensorFlow's graph itself, in 0.2 s, where ONNX
needs tf2onnx and 3 to 40 s.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.activations.engines.base import Engine, EngineError, EngineKind, EngineRequest, ignore, is_out_of_memory
from frostline.activations.engines.freeze import frozen_function
from frostline.activations.engines.graph_cache import (
    StoredGraph,
    graph_folder,
    read_graph,
    write_failure,
    write_graph,
)
from frostline.activations.engines.reference import check_engine, keras_outputs
from frostline.core.errors import FrostlineError
from frostline.core.optional import require

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
# Pixels that one inference request takes: one image at 224x224 (measured: faster than 4, 8 or 32, as its activations
# stay in the cache of a core), more of them when they are small, so that calls from Python do not dominate.
_PIXELS_PER_REQUEST = 224 * 224


class _Job:
    """A batch under way: outputs to be filled in, and how many requests are still out."""

    def __init__(self, images: int, requests: int) -> None:
        self.images = images
        self.outputs: list[NDArray[np.float32]] = []
        self._open = requests
        self._lock = threading.Lock()
        self.done = threading.Event()

    def receive(self, request: Any, start: int, stop: int) -> None:
        arrays = [tensor.data for tensor in request.output_tensors]
        with self._lock:
            if not self.outputs:
                self.outputs = [np.empty((self.images, *array.shape[1:]), np.float32) for array in arrays]
        for output, array in zip(self.outputs, arrays, strict=True):
            output[start:stop] = array[: stop - start]
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self.done.set()


class OpenVinoEngine(Engine):
    """A compiled graph behind a queue of asynchronous requests, one per stream of the machine.

    Requests have one fixed size, so an image's activations do not depend on the images beside it.

    Args:
        graph: as ``graph_cache`` stores it.
        size: height and width of the images.
        precision: ``"float32"`` or ``"bfloat16"`` (which only CPUs with AVX512-BF16 or AMX compute natively).

    Raises:
        EngineError: OpenVINO cannot read or compile the graph.
    """

    def __init__(self, graph: StoredGraph, size: int, *, precision: str = "float32") -> None:
        self.name = "openvino"
        self.precision = precision
        self._per_request = max(1, min(32, _PIXELS_PER_REQUEST // (size * size)))
        openvino = import_openvino()
        settings = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": _PRECISIONS[precision]}
        try:
            core = openvino.Core()
            weights = openvino.Tensor(np.frombuffer(graph.files["graph.bin"], np.uint8))
            model = core.read_model(graph.files["graph.xml"], weights)
            model.reshape([self._per_request, size, size, 3])
            self._queue = openvino.AsyncInferQueue(core.compile_model(model, "CPU", settings))
        except (RuntimeError, TypeError) as error:
            raise EngineError(f"OpenVINO cannot run the graph: {error}") from error
        self._queue.set_callback(lambda request, job: job[0].receive(request, job[1], job[2]))
        # Also at exit: a callback that comes while Python is shutting down aborts the process.
        weakref.finalize(self, _drain, self._queue)

    def run(self, batch: NDArray[np.uint8] | NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """See ``Engine.run``."""
        return self._finish(self._submit(batch))

    def stream(
        self,
        batches: Iterable[NDArray[np.uint8]],
        *,
        say: Callable[[str], None] = ignore,  # noqa: ARG002 - requests are small already
    ) -> Generator[list[NDArray[np.float32]], None, None]:
        """See ``Engine.stream``. The queue is kept full across batches."""
        waiting: deque[_Job] = deque()
        source = iter(batches)
        broken: FrostlineError | None = None
        try:
            while broken is None:
                try:
                    batch = next(source)
                except StopIteration:
                    break
                except FrostlineError as error:
                    # What is under way is worth keeping: the caller stores it before it hears of the image.
                    broken = error
                    continue
                waiting.append(self._submit(batch))
                if len(waiting) > 1:
                    yield self._finish(waiting.popleft())
            while waiting:
                yield self._finish(waiting.popleft())
        finally:
            if waiting:
                _drain(self._queue)
        if broken is not None:
            raise broken

    def _submit(self, batch: NDArray[Any]) -> _Job:
        step = self._per_request
        job = _Job(len(batch), -(-len(batch) // step))
        try:
            for start in range(0, len(batch), step):
                part = batch[start : start + step]
                pixels = np.zeros((step, *batch.shape[1:]), np.float32)
                pixels[: len(part)] = part
                self._queue.start_async(pixels, (job, start, start + len(part)))
        except RuntimeError as error:
            raise _failure(error) from error
        return job

    def _finish(self, job: _Job) -> list[NDArray[np.float32]]:
        # Without a timeout a request that fails would never set the event.
        while not job.done.wait(timeout=5.0):
            if self._queue.is_ready():
                try:
                    self._queue.wait_all()
                except RuntimeError as error:
                    raise _failure(error) from error
                if not job.done.is_set():
                    raise EngineError("OpenVINO finished without giving all outputs.")
        return job.outputs


def convert(request: EngineRequest) -> StoredGraph:
    """Convert a tap, through TensorFlow's frozen graph, and note what Keras gives for the reference images.

    Raises:
        EngineError: TensorFlow or OpenVINO cannot convert it.
    """
    openvino = import_openvino()
    frozen = frozen_function(request)
    names = [output.name for output in frozen.outputs]
    try:
        with TemporaryDirectory(prefix="frostline-") as name:
            folder = Path(name)
            source, xml, weights = folder / "graph.pb", folder / "graph.xml", folder / "graph.bin"
            source.write_bytes(frozen.graph.as_graph_def().SerializeToString())
            model = openvino.Core().read_model(source)
            # OpenVINO orders outputs as it finds them.
            ordered = openvino.Model([model.output(name) for name in names], model.get_parameters(), "tap")
            openvino.serialize(ordered, xml, weights)
            files = {path.name: path.read_bytes() for path in (xml, weights)}
    except (RuntimeError, TypeError) as error:
        raise EngineError(f"OpenVINO cannot convert the graph of {request.backbone.name}: {error}") from error
    return StoredGraph(files, tuple(keras_outputs(request)))


def load(request: EngineRequest, *, precision: str) -> Engine:
    """The engine for a tap, from the cache or freshly converted, checked against Keras's stored outputs.

    Raises:
        EngineError: it cannot be converted, or its outputs differ from Keras's.
        StoreError: the cache cannot be written.
    """
    folder = graph_folder(request, f"openvino {precision}", version("openvino"))
    graph = read_graph(folder)
    if graph is None:
        request.progress.say(f"Converting {request.backbone.name} for OpenVINO; the graph is kept for later runs.")
        try:
            graph = convert(request)
        except EngineError as error:
            write_failure(folder, error.message)
            raise
        write_graph(folder, graph)
    request.use(folder / "graph.json")
    size = request.backbone.contract.size
    try:
        engine = OpenVinoEngine(graph, size, precision=precision)
        check_engine(engine, size, request.cuts, graph.reference)
    except EngineError as error:
        write_failure(folder, error.message)
        raise
    return engine


def import_openvino() -> ModuleType:
    """OpenVINO, with its package for telemetry kept out: nothing that Frostline starts phones home.

    ``Core.read_model`` and ``compile_model`` report nothing anyway; OpenVINO's own converter, which does, gets the
    stand-in that it has for machines without the package.
    """
    if "openvino" in sys.modules or "openvino_telemetry" in sys.modules:
        return require("openvino", extra="tf", purpose="Running a network with OpenVINO")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        return require("openvino", extra="tf", purpose="Running a network with OpenVINO")
    finally:
        del sys.modules["openvino_telemetry"]


def is_installed() -> bool:
    """Whether OpenVINO is installed; it is not imported."""
    try:
        return importlib.util.find_spec("openvino") is not None and bool(version("openvino"))
    except (PackageNotFoundError, ValueError):
        return False


def _drain(queue: Any) -> None:
    """Wait until no request is under way."""
    with contextlib.suppress(RuntimeError):
        queue.wait_all()


def _failure(error: RuntimeError) -> EngineError:
    if is_out_of_memory(error):
        return EngineError(f"OpenVINO ran out of memory: {error}", hint="free memory, or choose a smaller image size.")
    return EngineError(f"OpenVINO failed: {error}")


OPENVINO = EngineKind("openvino", "float32", is_installed, lambda request: load(request, precision="float32"))
OPENVINO_BFLOAT16 = EngineKind(
    "openvino", "bfloat16", is_installed, lambda request: load(request, precision="bfloat16")
)
