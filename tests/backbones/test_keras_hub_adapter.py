"""A KerasHub backbone is wrapped by the same rule; a tiny functional model stands for one here."""

from __future__ import annotations

import numpy as np
import pytest

from frostline.backbones.keras_hub import from_keras_hub
from frostline.core.errors import FrostlineError, RecipeError
from frostline.records import InputContract
from frostline.testing.backbones import check_backbone

CONTRACT = InputContract(size=32, shorter_side=36, scale=1 / 255)


def tiny_hub_backbone():
    import keras

    class TinyHubBackbone(keras.Model):
        """A functional subclass with ``image_shape`` in its config, as KerasHub's backbones are."""

        def __init__(self, image_shape=(32, 32, 3), **kwargs):
            layers = keras.layers
            inputs = keras.Input(image_shape)
            x = layers.Conv2D(4, 3, 2, "same", name="stem_conv")(inputs)
            x = layers.ReLU(name="stem_relu")(x)
            for stack in (0, 1):
                y = layers.Conv2D(4 * (stack + 1), 3, 2, "same", name=f"stack{stack}_block0_1_conv")(x)
                z = layers.Conv2D(4 * (stack + 1), 1, 2, "same", name=f"stack{stack}_block0_0_conv")(x)
                x = layers.Add(name=f"stack{stack}_block0_add")([y, z])
                x = layers.ReLU(name=f"stack{stack}_block0_out")(x)
            super().__init__(inputs, x, **kwargs)
            self.image_shape = image_shape

        def get_config(self):
            return {"image_shape": self.image_shape, "name": self.name}

        @classmethod
        def from_config(cls, config):
            return cls(**config)

    return TinyHubBackbone()


def test_wraps_a_functional_backbone():
    model = tiny_hub_backbone()
    backbone = from_keras_hub(model, name="tiny_hub", contract=CONTRACT)
    cuts = [(cut.name, cut.channels, cut.stride) for cut in backbone.cuts]
    assert cuts == [("stem_relu", 4, 2), ("stack0_block0_out", 4, 4), ("stack1_block0_out", 8, 8)]
    check_backbone(backbone)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    expected = np.asarray(model(images.astype(np.float32) / 255)).mean((1, 2))
    assert np.allclose(backbone.features(images), expected, atol=1e-5)
    assert np.allclose(backbone.copy().features(images), expected, atol=1e-5)


def test_says_what_does_not_fit(tmp_path):
    import dataclasses

    with pytest.raises(RecipeError, match="image_shape"):
        from_keras_hub(tiny_hub_backbone(), name="tiny_hub", contract=dataclasses.replace(CONTRACT, size=64))
    with pytest.raises(FrostlineError, match=r"no folder|keras_hub"):
        from_keras_hub(tmp_path / "preset", name="tiny_hub", contract=CONTRACT)
