"""Dense heads, trained by gradient descent on cached features: the head of the classic recipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frostline.core.errors import RecipeError
from frostline.core.optional import require_keras
from frostline.recipe import HeadRecipe, TrainingRecipe
from frostline.stats import balanced_accuracy

# Steps that TensorFlow runs without coming back to Python; only the speed depends on it.
_STEPS_PER_EXECUTION = 16


@dataclass(frozen=True, slots=True)
class EpochMeasures:
    """One epoch of one training; accuracies are balanced."""

    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float


@dataclass(frozen=True, slots=True)
class TrainedHead:
    """A trained head.

    Attributes:
        kernels, biases: of each Dense layer, in order; float32.
        activation: between them.
        history: one entry per epoch.
        diverged: the loss stopped being finite; training ended there.
        seconds: what training took.
    """

    kernels: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]
    activation: str
    history: tuple[EpochMeasures, ...]
    diverged: bool
    seconds: float

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, c) features to (n, classes) scores before the softmax."""
        return _forward(features, self.kernels, self.biases, self.activation)


class DenseHeadTrainer:
    """Trains Dense layers and a softmax with Keras on ready features, exactly as the classic recipe does.

    The model is built and traced once; each training starts from fresh weights and a fresh optimiser.

    Args:
        channels: width of the features.
        classes: number of classes, also those that do not occur in a training part.
        head: hidden widths and activation.
        training: optimiser, rate, batch size, epochs.

    Raises:
        RecipeError: the head is not a dense one.
        MissingExtraError: no Keras backend is installed.
    """

    def __init__(self, channels: int, classes: int, *, head: HeadRecipe, training: TrainingRecipe) -> None:
        if head.kind != "dense":
            raise RecipeError(f"Only a dense head is trained by gradient descent. Received: head.kind = {head.kind!r}.")
        self._keras = require_keras()
        self._head, self._training = head, training
        layers = [self._keras.layers.Dense(width, activation=head.activation) for width in head.hidden]
        self._model = self._keras.Sequential(
            [self._keras.Input((channels,)), *layers, self._keras.layers.Dense(classes)]
        )
        optimizer = self._keras.optimizers.get(
            {"class_name": training.optimizer, "config": {"learning_rate": training.learning_rate}}
        )
        optimizer.build(self._model.trainable_variables)
        self._fresh = [self._keras.ops.convert_to_numpy(variable) for variable in optimizer.variables]
        self._model.compile(
            optimizer=optimizer,
            loss=self._keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            steps_per_execution=_STEPS_PER_EXECUTION,
            jit_compile=False,
        )

    def train(
        self,
        features: NDArray[np.float32],
        labels: NDArray[np.int64],
        *,
        seed: int,
        validation: tuple[NDArray[np.float32], NDArray[np.int64]],
    ) -> TrainedHead:
        """Train from scratch.

        Args:
            features: (n, channels) float32, as the network's pooled layer gives them; not standardised, as in the
                classic recipe.
            labels: (n,) class indices.
            seed: of the initial weights and of the order of the images.
            validation: features and labels that each epoch is measured on. Nothing is chosen by them.
        """
        started = time.perf_counter()
        self._start_afresh(seed)
        history: list[EpochMeasures] = []

        def measure(epoch: int, logs: object) -> None:
            del epoch, logs
            kernels, biases = _weights(self._model)
            measures = _measure(features, labels, validation, kernels, biases, self._head.activation)
            if np.isfinite(measures.loss):
                history.append(measures)
            else:
                self._model.stop_training = True

        self._model.fit(
            features,
            labels,
            batch_size=self._training.batch_size,
            epochs=self._training.epochs,
            shuffle=True,
            verbose=0,
            callbacks=[self._keras.callbacks.LambdaCallback(on_epoch_end=measure)],
        )
        return TrainedHead(
            *_weights(self._model),
            self._head.activation,
            tuple(history),
            diverged=len(history) < self._training.epochs,
            seconds=time.perf_counter() - started,
        )

    def _start_afresh(self, seed: int) -> None:
        self._keras.utils.set_random_seed(seed)
        for position, layer in enumerate(self._model.layers):
            glorot = self._keras.initializers.GlorotUniform(seed=seed + position)
            kernel = self._keras.ops.convert_to_numpy(glorot(layer.kernel.shape))
            layer.set_weights([kernel, np.zeros(layer.bias.shape, np.float32)])
        for variable, value in zip(self._model.optimizer.variables, self._fresh, strict=True):
            variable.assign(value)


def epochs_to_95_percent(val_accuracies: tuple[float, ...], chance: float) -> float | None:
    """Epochs until 95 % of the gain in validation accuracy from chance to the last epoch, linear between epochs.

    Returns None when nothing was gained over chance. Training starts at chance, at epoch 0.
    """
    if not val_accuracies or val_accuracies[-1] <= chance:
        return None
    target = chance + 0.95 * (val_accuracies[-1] - chance)
    before = chance
    for epoch, accuracy in enumerate(val_accuracies, start=1):
        if accuracy >= target:
            share = (target - before) / (accuracy - before) if accuracy > before else 1.0
            return epoch - 1 + min(1.0, max(0.0, share))
        before = accuracy
    return float(len(val_accuracies))


def _weights(model: Any) -> tuple[tuple[NDArray[np.float32], ...], tuple[NDArray[np.float32], ...]]:
    arrays = model.get_weights()
    return tuple(arrays[0::2]), tuple(arrays[1::2])


def _measure(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    validation: tuple[NDArray[np.float32], NDArray[np.int64]],
    kernels: tuple[NDArray[np.float32], ...],
    biases: tuple[NDArray[np.float32], ...],
    activation: str,
) -> EpochMeasures:
    train_logits = _forward(features, kernels, biases, activation)
    val_logits = _forward(validation[0], kernels, biases, activation)
    return EpochMeasures(
        loss=_cross_entropy(train_logits, labels),
        accuracy=balanced_accuracy(labels, train_logits.argmax(axis=1)),
        val_loss=_cross_entropy(val_logits, validation[1]),
        val_accuracy=balanced_accuracy(validation[1], val_logits.argmax(axis=1)),
    )


def _forward(
    features: NDArray[np.float32],
    kernels: tuple[NDArray[np.float32], ...],
    biases: tuple[NDArray[np.float32], ...],
    activation: str,
) -> NDArray[np.float32]:
    values = features
    for kernel, bias in zip(kernels[:-1], biases[:-1], strict=True):
        values = _activate(values @ kernel + bias, activation)
    return np.asarray(values @ kernels[-1] + biases[-1], dtype=np.float32)


def _activate(values: NDArray[np.float32], activation: str) -> NDArray[np.float32]:
    if activation == "relu":
        return np.maximum(values, 0.0)
    if activation == "tanh":
        return np.tanh(values)
    from scipy.special import erf

    gelu: NDArray[np.float32] = 0.5 * values * (1.0 + erf(values / np.float32(np.sqrt(2.0))))
    return gelu


def _cross_entropy(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_sum - shifted[np.arange(len(labels)), labels]))
