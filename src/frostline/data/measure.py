"""Cheap facts about one decoded image: colour, contrast, sharpness, perceptual hash, thumbnail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from PIL import Image, ImageChops

# All facts are measured on the image reduced to this many pixels on its longer side, so that they cost the same for
# every camera and do not depend on whether a JPEG was reduced while decoding.
REDUCED_SIDE = 256
THUMB_SIDE = 16

_HASH_SIDE = 32
_HASH_FREQUENCIES = 8
_BILINEAR = Image.Resampling.BILINEAR


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts about one image's pixels.

    Attributes:
        phash, mean_rgb, contrast, sharpness, saturation: as in ``ImageRecord``.
        thumb: luminance at 16 x 16, 256 bytes; compared when perceptual hashes are close.
    """

    phash: str
    mean_rgb: tuple[float, float, float]
    contrast: float
    sharpness: float
    saturation: float
    thumb: bytes


def measure(image: Image.Image) -> Measured:
    """Measure an RGB image; an image of one colour has contrast, sharpness and saturation as they fall out, 0."""
    longer = max(image.size)
    if longer > REDUCED_SIDE:
        width, height = (max(1, round(side * REDUCED_SIDE / longer)) for side in image.size)
        image = image.resize((width, height), _BILINEAR, reducing_gap=2.0)
    luminance = image.convert("L")
    red, green, blue = image.split()
    highest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    lowest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return Measured(
        phash=perceptual_hash(luminance),
        mean_rgb=(_moments(red)[0], _moments(green)[0], _moments(blue)[0]),
        contrast=_moments(luminance)[1],
        sharpness=round(_sharpness(luminance), 3),
        saturation=_moments(ImageChops.subtract(highest, lowest))[0],
        thumb=luminance.resize((THUMB_SIDE, THUMB_SIDE), Image.Resampling.BOX).tobytes(),
    )


def perceptual_hash(luminance: Image.Image) -> str:
    """The DCT hash: signs, against their median, of the 8 x 8 lowest frequencies of the image at 32 x 32.

    Args:
        luminance: mode ``L``.

    Returns:
        64 bits as 16 hexadecimal digits. The constant term is left out of the median and its bit is always 0.

    Source: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), section 3.2.
    """
    small = np.asarray(luminance.resize((_HASH_SIDE, _HASH_SIDE), _BILINEAR), dtype=np.float64)
    low = scipy.fft.dctn(small, type=2)[:_HASH_FREQUENCIES, :_HASH_FREQUENCIES].ravel()
    # Rounded, so that noise of the transform does not decide the bits of an even surface.
    low = np.round(low, 3)
    bits = low > np.median(low[1:])
    bits[0] = False
    return np.packbits(bits).tobytes().hex()


def _moments(band: Image.Image) -> tuple[float, float]:
    """Mean and standard deviation of one 8-bit band, exactly, from its histogram."""
    counts = np.asarray(band.histogram(), dtype=np.float64)
    values = np.arange(counts.size)
    mean = float(counts @ values / counts.sum())
    return round(mean, 3), round(float(np.sqrt(counts @ (values - mean) ** 2 / counts.sum())), 3)


def _sharpness(luminance: Image.Image) -> float:
    """Variance of the Laplacian at 256 pixels' width; of a tall image, the middle square."""
    width, height = luminance.size
    top = max(0.0, (height - width) / 2)
    rows = max(1, round(min(height, width) * REDUCED_SIDE / width))
    box = (0.0, top, float(width), height - top)
    grey = np.asarray(luminance.resize((REDUCED_SIDE, rows), _BILINEAR, box=box), dtype=np.int16)
    if rows < 3:
        return 0.0
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    flat = laplacian.ravel().astype(np.float32)
    mean = float(flat.mean())
    return max(0.0, float(flat @ flat) / flat.size - mean * mean)
