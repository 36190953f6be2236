"""A recipe: everything needed to build a model again. Structure only; names are looked up in ``workflow.resolve``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from frostline.records import CropPolicy

SCHEMA = 1

BatchNormPolicy = Literal["inference", "affine", "train", "reestimate"]
HeadKind = Literal["dense", "linear", "head2toe", "centroid", "knn"]


@dataclass(frozen=True, slots=True)
class BackboneRecipe:
    """The pretrained network.

    Attributes:
        name: as ``backbones`` knows it.
        weights: path or handle of the weights; empty for random ones.
        digest: the weights' content hash; empty in a recipe written by hand, else checked.
    """

    name: str
    weights: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class InputRecipe:
    """From the file to the network's input.

    Attributes:
        view: chain of filters; empty for none.
        resize: crop policy; ``squash`` is what ``keras.utils.image_dataset_from_directory`` does.
    """

    view: str = ""
    resize: CropPolicy = "squash"


@dataclass(frozen=True, slots=True)
class FreezeRecipe:
    """What is frozen and what is read.

    Attributes:
        frost_line: name of the cut up to which everything is frozen; empty for the last one (all frozen).
        taps: names of the cuts whose mean-pooled activations go to the head, joined; empty for the last one.
        batchnorm: what BatchNorm does in the part that is trained.
    """

    frost_line: str = ""
    taps: tuple[str, ...] = ()
    batchnorm: BatchNormPolicy = "inference"


@dataclass(frozen=True, slots=True)
class HeadRecipe:
    """The classifier on top.

    Attributes:
        kind: ``dense`` (hidden layers and softmax, trained by gradient descent), ``linear`` (standardised,
            L2-regularised logistic regression, strength chosen by inner cross-validation), ``head2toe`` (the same on
            the most useful share of all taps' features, arXiv 2201.03529), ``centroid`` or ``knn``.
        hidden: widths of the hidden layers of a dense head.
        activation: of the hidden layers.
    """

    kind: HeadKind = "dense"
    hidden: tuple[int, ...] = (128,)
    activation: Literal["relu", "gelu", "tanh"] = "relu"


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How what is trainable is trained.

    Attributes:
        optimizer: Keras' name of the optimiser.
        learning_rate: peak rate.
        batch_size: images per step.
        epochs: passes over the training images.
    """

    optimizer: Literal["adam", "sgd", "adamw"] = "adam"
    learning_rate: float = 1e-3
    batch_size: int = 32
    epochs: int = 10


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to build a model. The defaults of its parts are the classic recipe.

    Attributes:
        schema: version of the format.
        seed: of the initial weights and the order of the images.
    """

    backbone: BackboneRecipe
    schema: int = SCHEMA
    seed: int = 0
    input: InputRecipe = field(default_factory=InputRecipe)
    freeze: FreezeRecipe = field(default_factory=FreezeRecipe)
    head: HeadRecipe = field(default_factory=HeadRecipe)
    training: TrainingRecipe = field(default_factory=TrainingRecipe)


def classic_recipe(backbone: str, *, weights: str = "", digest: str = "", seed: int = 0) -> Recipe:
    """The classic recipe: the whole network frozen, Dense(128, relu) and a softmax on its pooled last layer.

    Adam at 1e-3, batches of 32, 10 epochs, images squashed to the network's size: what the tutorials of TensorFlow Hub
    and Keras do.
    """
    return Recipe(BackboneRecipe(backbone, weights, digest), seed=seed)
