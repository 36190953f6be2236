"""Resize and crop one image to what a backbone expects: the only place where this is done."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frostline.core.errors import UsageError
from frostline.records import InputContract

# Pillow's own resampling is antialiased (its kernel grows with the reduction), and bilinear is what the evaluation
# pipelines of most published ImageNet weights use (torchvision's reference transforms, TF-Slim's resize_bilinear).
_KERNEL = Image.Resampling.BILINEAR

# Pillow resamples rows first, into an intermediate of (target width, source height): beyond this many pixels the
# columns go first. 16 Mi pixels are 64 MiB in Pillow's four bytes per pixel.
_LARGEST_INTERMEDIATE = 1 << 24

Box = tuple[float, float, float, float]


def resize_and_crop(image: Image.Image, contract: InputContract) -> NDArray[np.uint8]:
    """``image`` at the size that ``contract`` asks for, by its crop policy.

    * ``squash``: the whole image to ``size`` x ``size``; the aspect ratio is not kept. An image that has this size
      already is not resampled.
    * ``crop``: the shorter side to ``max(shorter_side, size)``, then the centre. Only what the crop needs is
      resampled; the result is within one grey level of resizing everything and cropping afterwards.
    * ``pad``: the longer side to ``size``, centred, the rest filled with ``contract.pad_rgb``.

    Resampling is Pillow's antialiased bilinear. Memory stays below the source image plus 64 MiB, whatever its shape.

    Args:
        image: mode ``RGB``, at least 1 x 1.
        contract: only ``size``, ``resize``, ``shorter_side`` and ``pad_rgb`` are used.

    Returns:
        ``(size, size, 3)`` uint8, RGB, 0..255; writable, not shared with ``image``.

    Raises:
        UsageError: the image is not RGB, or the contract asks for a size below 1 or an unknown policy.
    """
    if image.mode != "RGB" or min(image.size) < 1:
        raise UsageError(
            f"resize_and_crop expects an RGB image of at least 1 x 1 pixels. Received: mode {image.mode}, "
            f"{image.width} x {image.height}.",
            hint="decode the file with frostline.data.decode_image.",
        )
    if contract.size < 1:
        raise UsageError(f"The contract's size must be at least 1. Received: {contract.size}.")
    size = contract.size
    if contract.resize == "squash":
        return np.array(_resample(image, (size, size), (0.0, 0.0, image.width, image.height)))
    if contract.resize == "crop":
        return np.array(_resample(image, (size, size), _centre_box(image.size, contract)))
    if contract.resize == "pad":
        return _pad(image, contract)
    raise UsageError(
        f"Unknown resize policy: {contract.resize!r}.", hint="use one of: squash, crop, pad (InputContract.resize)."
    )


def _centre_box(source: tuple[int, int], contract: InputContract) -> Box:
    """The part of the source that the centre crop shows, in source pixels.

    The enlarged or reduced size is truncated and the offset rounded as torchvision's Resize and CenterCrop do.
    """
    shorter = max(contract.shorter_side, contract.size)
    scale = shorter / min(source)
    box: list[float] = []
    for length in source:
        resized = shorter if length == min(source) else int(length * scale)
        offset = round((resized - contract.size) / 2)
        ratio = length / resized
        box.append(offset * ratio)
        box.append(min(float(length), (offset + contract.size) * ratio))
    return (box[0], box[2], box[1], box[3])


def _pad(image: Image.Image, contract: InputContract) -> NDArray[np.uint8]:
    size = contract.size
    scale = size / max(image.size)
    width, height = (max(1, min(size, round(length * scale))) for length in image.size)
    resized = _resample(image, (width, height), (0.0, 0.0, image.width, image.height))
    padded = np.empty((size, size, 3), dtype=np.uint8)
    padded[:] = contract.pad_rgb
    top, left = (size - height) // 2, (size - width) // 2
    padded[top : top + height, left : left + width] = np.asarray(resized)
    return padded


def _resample(image: Image.Image, size: tuple[int, int], box: Box) -> Image.Image:
    left, top, right, bottom = box
    if size[0] * (bottom - top) <= _LARGEST_INTERMEDIATE:
        return image.resize(size, _KERNEL, box=box)
    columns = image.resize((image.width, size[1]), _KERNEL, box=(0.0, top, image.width, bottom))
    return columns.resize(size, _KERNEL, box=(left, 0.0, right, size[1]))
