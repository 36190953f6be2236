"""A pretrained network, seen as an ordered list of cut points."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frostline.backbones.network import Flags, Graph, Network
from frostline.backbones.random_weights import random_tensors
from frostline.backbones.tensors import Tensors, tensor_digest
from frostline.core.errors import DataError, RecipeError
from frostline.core.optional import require_keras
from frostline.records import Cut, InputContract, WeightsRecord

Pooling: TypeAlias = Literal["mean", "none", "moments"]

_BATCH = 32


class Backbone:
    """A network with weights, that can be tapped and cut at its cuts.

    Every model it gives shares its layers and variables with every other one, so training one trains all. Use
    ``copy()`` for variables of its own. Models are built when they are first asked for, and kept.

    Args:
        network: the definition.
        flags: all graph flags.
        contract: what the weights expect of their input.
        weights: where the weights come from.
        tensors: the weights' values, by the network's names; checked already (``tensors.check_tensors``).
        graph: built before for ``contract.size`` and ``flags``, when there is one.
        origin: where the weights were read from, for recipes; empty when from nowhere.
    """

    def __init__(
        self,
        network: Network,
        *,
        flags: Flags,
        contract: InputContract,
        weights: WeightsRecord,
        tensors: Tensors,
        graph: Graph | None = None,
        origin: str = "",
    ) -> None:
        self._network = network
        self._flags = dict(flags)
        self._tensors = tensors
        self._graph = graph
        self._models: dict[tuple[Any, ...], Any] = {}
        self.name: str = network.name
        self.cuts: tuple[Cut, ...] = network.cuts(flags)
        self.contract: InputContract = contract
        self.weights: WeightsRecord = weights
        self.origin: str = origin
        if graph is not None:
            _assign(graph, tensors)

    def __repr__(self) -> str:
        return (
            f"Backbone({self.name!r}, {len(self.cuts)} cuts, weights {self.weights.digest[:12]}: {self.weights.source})"
        )

    def cut(self, name: str) -> Cut:
        """The cut called ``name``.

        Raises:
            RecipeError: there is none; the message lists the cuts.
        """
        for cut in self.cuts:
            if cut.name == name:
                return cut
        names = ", ".join(cut.name for cut in self.cuts)
        raise RecipeError(f"The backbone {self.name!r} has no cut {name!r}.", hint=f"use one of: {names}.")

    def prefix(self, cut: str) -> Any:
        """The network up to ``cut``, a Keras model.

        From contract-scaled float32 ``(n, size, size, 3)`` to ``(n, h, w, channels)``.

        Raises:
            RecipeError: no such cut.
        """
        return self._model(("prefix", self.cut(cut).name))

    def suffix(self, cut: str) -> Any:
        """The network above ``cut``: a Keras model from ``(n, h, w, c)`` to the last cut's output.

        ``suffix(cut)(prefix(cut)(x))`` is ``whole()(x)``; for the last cut it is the identity.

        Raises:
            RecipeError: no such cut.
        """
        return self._model(("suffix", self.cut(cut).name))

    def whole(self) -> Any:
        """The network up to its last cut: ``prefix(last cut)``."""
        return self.prefix(self.cuts[-1].name)

    def tap(self, cuts: Sequence[str], pooling: Pooling = "mean") -> Any:
        """One Keras model from RGB pixels to the activations at several cuts.

        Its input is called ``pixels``: float32 ``(n, size, size, 3)``, RGB, 0..255; the contract's channel order and
        scaling are layers inside. It gives one float32 output per cut, in the order of ``cuts``: a list, or, as Keras
        has it for a model with one output, the array itself.

        Args:
            cuts: names of the cuts, at least one, each once.
            pooling: ``"mean"`` over positions ``(n, c)``, ``"none"`` ``(n, h, w, c)``, or ``"moments"`` ``(n, 2, c)``:
                mean and mean of squares over positions.

        Raises:
            RecipeError: no such cut, none at all, one twice, or an unknown pooling.
        """
        names = tuple(self.cut(name).name for name in cuts)
        if not names or len(set(names)) != len(names):
            raise RecipeError(f"tap() needs at least one cut, and each once. Received: {list(cuts)}.")
        if pooling not in ("mean", "none", "moments"):
            raise RecipeError(f"Unknown pooling {pooling!r}.", hint="use one of: mean, none, moments.")
        return self._model(("tap", names, pooling))

    def features(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The mean-pooled output of the last cut.

        Args:
            images: uint8 RGB 0..255, ``(n, h, w, 3)``; resized and cropped by the contract when they are not
                ``size x size``.

        Returns:
            float32 ``(n, channels of the last cut)``.

        Raises:
            DataError: another dtype, rank or number of channels.
        """
        _check_images(images)
        last = self.cuts[-1]
        model = self.tap([last.name], "mean")
        # predict_on_batch compiles the model first, which takes longer than one batch does.
        run = model.predict_on_batch if len(images) > _BATCH else _call(model)
        rows = [np.zeros((0, last.channels), dtype=np.float32)]
        for start in range(0, len(images), _BATCH):
            batch = self._fit(images[start : start + _BATCH]).astype(np.float32)
            rows.append(np.asarray(run(batch), dtype=np.float32))
        return np.concatenate(rows)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """The present values of all weights, by the network's names."""
        if self._graph is None:
            return dict(self._tensors)
        return {name: _values(variable) for name, variable in self._graph.variables.items()}

    def copy(self) -> Backbone:
        """The same network with the weights it was loaded with, in variables of its own."""
        return self.with_contract(self.contract)

    def with_contract(self, contract: InputContract) -> Backbone:
        """The same network and loaded weights, in variables of its own, under another contract (size included).

        Raises:
            RecipeError: the size is not positive.
        """
        if contract.size < 1:
            raise RecipeError(f"The size of a backbone's input must be positive. Received: {contract.size}.")
        record = dataclasses.replace(self.weights, contract=contract)
        return Backbone(
            self._network,
            flags=self._flags,
            contract=contract,
            weights=record,
            tensors=self._tensors,
            origin=self.origin,
        )

    def with_random_weights(self, seed: int) -> Backbone:
        """The same network and contract with random weights: what the architecture alone gives."""
        shapes = {name: tuple(value.shape) for name, value in self._tensors.items()}
        tensors = random_tensors(shapes, seed=seed)
        record = random_record(self._network, self._flags, self.contract, tensors, seed)
        return Backbone(self._network, flags=self._flags, contract=self.contract, weights=record, tensors=tensors)

    def graph(self) -> Graph:
        """The graph behind all models, its variables holding the weights."""
        if self._graph is None:
            graph = self._network.build(self.contract.size, self._flags)
            _assign(graph, self._tensors)
            self._graph = graph
        return self._graph

    def _model(self, key: tuple[Any, ...]) -> Any:
        if key not in self._models:
            builders: dict[str, Callable[..., Any]] = {
                "prefix": self._build_prefix,
                "suffix": self._build_suffix,
                "tap": self._build_tap,
            }
            self._models[key] = builders[key[0]](*key[1:])
        return self._models[key]

    def _build_prefix(self, cut: str) -> Any:
        keras, graph = require_keras(), self.graph()
        return keras.Model(graph.inputs, graph.cuts[cut], name=f"{self.name}_until_{cut}")

    def _build_suffix(self, cut: str) -> Any:
        keras, graph = require_keras(), self.graph()
        last = self.cuts[-1].name
        name = f"{self.name}_after_{cut}"
        if cut != last:
            return keras.Model(graph.cuts[cut], graph.cuts[last], name=name)
        inputs = keras.Input(tuple(graph.cuts[cut].shape[1:]), dtype="float32")
        return keras.Model(inputs, keras.layers.Identity()(inputs), name=name)

    def _build_tap(self, cuts: tuple[str, ...], pooling: Pooling) -> Any:
        from frostline.backbones import keras_layers as own

        keras, graph = own.keras, self.graph()
        pixels = keras.Input((self.contract.size, self.contract.size, 3), dtype="float32", name="pixels")
        scaled = own.ContractScaling.of(self.contract, name="contract")(pixels)
        trunk = keras.Model(graph.inputs, [graph.cuts[cut] for cut in cuts], name=self.name)
        tapped = trunk(scaled)
        outputs = []
        for cut, activation in zip(cuts, tapped if isinstance(tapped, list | tuple) else [tapped], strict=True):
            if pooling == "mean":
                layer = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name=f"{cut}_mean")
            elif pooling == "moments":
                layer = own.MomentsPooling(name=f"{cut}_moments")
            else:
                layer = keras.layers.Identity(name=f"{cut}_activation")
            outputs.append(layer(activation))
        return keras.Model(pixels, outputs, name=f"{self.name}_tap")

    def _fit(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        size = self.contract.size
        if images.shape[1:3] == (size, size):
            return images
        from frostline.pixels.geometry import resize_and_crop

        return np.stack([resize_and_crop(Image.fromarray(image), self.contract) for image in images])


def random_record(
    network: Network, flags: Flags, contract: InputContract, tensors: Tensors, seed: int
) -> WeightsRecord:
    """The record of random weights: says so, and with which seed."""
    return WeightsRecord(
        backbone=network.name,
        digest=tensor_digest(tensors),
        file_hash="",
        source=f"random, seed {seed}",
        licence="none: random numbers",
        trained_on="",
        contract=contract,
        graph_flags=dict(flags),
    )


def _assign(graph: Graph, tensors: Mapping[str, NDArray[np.float32]]) -> None:
    for name, variable in graph.variables.items():
        variable.assign(tensors[name])
    for layer in graph.layers.values():
        # keras.layers.Normalization computes with values derived from its variables, not with these.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def _values(variable: Any) -> NDArray[np.float32]:
    return np.asarray(variable.numpy(), dtype=np.float32)


def _call(model: Any) -> Callable[[NDArray[np.float32]], Any]:
    keras = require_keras()
    return lambda batch: keras.ops.convert_to_numpy(model(batch, training=False))


def _check_images(images: Any) -> None:
    wanted = "Expected: a NumPy array of dtype uint8 and shape (images, height, width, 3), RGB, values 0..255"
    if not isinstance(images, np.ndarray):
        raise DataError(f"{wanted}. Received: {type(images).__name__}.", hint="stack the images with numpy.stack.")
    received = f"Received: dtype {images.dtype}, shape {images.shape}"
    if images.ndim != 4:
        hint = "stack the images with numpy.stack."
        if images.ndim == 3:
            one = images.shape[2] == 3
            hint = "add the batch axis: images[None]." if one else "grey: numpy.stack([images] * 3, axis=-1)."
        raise DataError(f"{wanted}. {received}.", hint=hint)
    if images.shape[3] != 3:
        hint = "drop the alpha channel: images[..., :3]."
        if images.shape[3] == 1:
            hint = "convert grey images to RGB: numpy.repeat(images, 3, axis=-1)."
        if images.shape[1] == 3:
            hint = "the channels come first; move them last: numpy.moveaxis(images, 1, -1)."
        raise DataError(f"{wanted}. {received}.", hint=hint)
    if images.dtype != np.uint8:
        hint = "values 0..255: numpy.rint(images).astype(numpy.uint8); values 0..1: multiply by 255 first."
        raise DataError(f"{wanted}. {received}.", hint=hint)
    if 0 in images.shape[1:3]:
        raise DataError(f"{wanted}. {received}.", hint="images without pixels cannot be used; leave them out.")
