"""What is known about a backbone and its weights without building it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CropPolicy = Literal["squash", "pad", "crop"]
ChannelOrder = Literal["rgb", "bgr"]


@dataclass(frozen=True, slots=True)
class InputContract:
    """What a backbone's weights expect of their input.

    An RGB image with values 0..255 becomes ``(image[channel_order] * scale - mean) / std``.

    Attributes:
        size: height and width in pixels.
        resize: how an image of another shape gets there: ``squash`` (aspect ratio not kept), ``crop`` (shorter side to
            ``shorter_side``, then the centre) or ``pad`` (longer side to ``size``, rest filled with ``pad_rgb``).
        shorter_side: only for ``crop``.
        channel_order: of the values that the network sees.
        scale: factor on the values 0..255.
        mean: subtracted after scaling, per channel in ``channel_order``.
        std: divided by, per channel in ``channel_order``.
    """

    size: int = 224
    resize: CropPolicy = "crop"
    shorter_side: int = 256
    channel_order: ChannelOrder = "rgb"
    scale: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def pad_rgb(self) -> tuple[int, int, int]:
        """The colour (0..255, RGB) that the network sees as nearest to zero: its mean."""
        colour = [min(255, max(0, round(m / self.scale))) for m in self.mean]
        red, green, blue = colour if self.channel_order == "rgb" else colour[::-1]
        return (red, green, blue)


@dataclass(frozen=True, slots=True)
class Cut:
    """A named place where a backbone can be tapped or cut in two.

    Attributes:
        name: as the network's authors call the layer or block whose output this is.
        depth: its rank among the backbone's cuts, from 0 at the input's side.
        channels: number of channels there.
        stride: input pixels per step of the feature map.
    """

    name: str
    depth: int
    channels: int
    stride: int


@dataclass(frozen=True, slots=True)
class ChannelMoments:
    """Per-channel mean and standard deviation of the activations at one cut, over images and positions.

    Attributes:
        mean: ``(channels,)``.
        std: ``(channels,)``, not negative.
        origin: ``measured`` on photographs, or ``batchnorm``: derived from the running statistics.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    origin: Literal["measured", "batchnorm"]


@dataclass(frozen=True, slots=True)
class WeightsRecord:
    """Where a set of weights comes from and what it expects.

    Attributes:
        backbone: name of the network they are for.
        digest: SHA-256 over names, shapes and values of the tensors; the same for every container they are stored in.
        file_hash: SHA-256 of the file they were read from; empty when they were not read from one file.
        source: where they were published.
        licence: as published, with what is doubtful about it.
        trained_on: the data set they were trained on, e.g. ``"ImageNet-1k"``; empty when not known.
        contract: the input they expect.
        graph_flags: arguments of the network's builder that these weights need.
        source_statistics: moments at each cut on natural photographs, by the cut's name; empty when not known.
    """

    backbone: str
    digest: str
    file_hash: str
    source: str
    licence: str
    trained_on: str
    contract: InputContract
    graph_flags: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    source_statistics: Mapping[str, ChannelMoments] = field(default_factory=dict)
