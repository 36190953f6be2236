import numpy as np
import pytest

from frostline.core.errors import RecipeError
from frostline.recipe import HeadRecipe, TrainingRecipe
from frostline.tune import DenseHeadTrainer, TrainedHead, epochs_to_95_percent

pytest.importorskip("tensorflow", reason="training a head needs frostline[tf]")


def blobs(n: int, classes: int = 4, channels: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, channels))
    labels = generator.integers(0, classes, n)
    return (centres[labels] + 0.3 * generator.normal(size=(n, channels))).astype(np.float32), labels


def train(seed: int = 0, **training: object) -> TrainedHead:
    recipe = TrainingRecipe(**training)  # type: ignore[arg-type]
    trainer = DenseHeadTrainer(16, 4, head=HeadRecipe(hidden=(32,)), training=recipe)
    return trainer.train(*blobs(300), seed=seed, validation=blobs(200, seed=1))


def test_learns_separable_blobs_and_reports_every_epoch() -> None:
    head = train(epochs=6)
    assert len(head.history) == 6
    assert head.history[-1].val_accuracy > 0.95
    assert head.history[-1].loss < head.history[0].loss
    features, labels = blobs(200, seed=1)
    assert (head.logits(features).argmax(axis=1) == labels).mean() > 0.95


def test_the_same_seed_gives_the_same_weights_and_another_does_not() -> None:
    first, again, other = train(epochs=2), train(epochs=2), train(seed=1, epochs=2)
    assert all(np.array_equal(a, b) for a, b in zip(first.kernels, again.kernels, strict=True))
    assert not np.array_equal(first.kernels[0], other.kernels[0])


def test_forward_agrees_with_keras() -> None:
    import keras

    features, _ = blobs(20)
    for activation in ("relu", "gelu", "tanh"):
        model = keras.Sequential([keras.Input((16,)), keras.layers.Dense(8, activation), keras.layers.Dense(4)])
        if activation == "gelu":
            model.layers[0].activation = lambda x: keras.ops.gelu(x, approximate=False)
        weights = model.get_weights()
        head = TrainedHead((weights[0], weights[2]), (weights[1], weights[3]), activation, (), False, 0.0)
        np.testing.assert_allclose(head.logits(features), model.predict(features, verbose=0), atol=1e-5)


def test_a_diverging_loss_ends_training_and_is_said() -> None:
    head = train(epochs=5, optimizer="sgd", learning_rate=100.0)
    assert head.diverged
    assert len(head.history) < 5


def test_a_trainer_starts_afresh_each_time() -> None:
    trainer = DenseHeadTrainer(16, 4, head=HeadRecipe(hidden=(32,)), training=TrainingRecipe(epochs=2))
    first = trainer.train(*blobs(300), seed=0, validation=blobs(200, seed=1))
    trainer.train(*blobs(90, seed=2), seed=5, validation=blobs(200, seed=1))
    again = trainer.train(*blobs(300), seed=0, validation=blobs(200, seed=1))
    assert all(np.array_equal(a, b) for a, b in zip(first.kernels, again.kernels, strict=True))
    assert first.history == again.history


def test_only_dense_heads_are_trained() -> None:
    with pytest.raises(RecipeError, match="linear"):
        DenseHeadTrainer(16, 4, head=HeadRecipe("linear"), training=TrainingRecipe())


@pytest.mark.parametrize(
    ("curve", "chance", "expected"),
    [
        ((0.9, 0.9, 0.9), 0.1, 0.95),
        ((0.1, 0.5, 0.9), 0.1, 2 + 0.9),
        ((0.2, 0.1), 0.1, None),
        ((), 0.1, None),
    ],
)
def test_epochs_to_95_percent_of_the_gain(curve: tuple[float, ...], chance: float, expected: float | None) -> None:
    result = epochs_to_95_percent(curve, chance)
    assert result is None if expected is None else result == pytest.approx(expected)
