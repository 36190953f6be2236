"""Images in memory: what their values mean is decided once for the whole set, never per image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from frostline.core.errors import DataError, DecodeError, TaskNotSupportedError
from frostline.core.hashing import hash_bytes
from frostline.data.assemble import Place
from frostline.data.decode import MAX_PIXELS, DecodedImage
from frostline.data.facts import Facts, Refusal, facts_of
from frostline.data.names import escape_name

_CHANNELS = (1, 3, 4)
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Images in memory, turned into RGB one at a time.

    Attributes:
        images: the caller's array or list; not copied.
        factor: from its values to 0..255.
        channels_first: ``(channels, h, w)`` per image.
    """

    images: Any
    factor: float
    channels_first: bool

    def image(self, index: int) -> Image.Image:
        """Image ``index`` as RGB; alpha over white, grey repeated.

        Raises:
            DecodeError: NaN or infinite values, or a shape that is no image.
        """
        pixels = self._pixels(index)
        if pixels.shape[2] == 1:
            return Image.fromarray(pixels[:, :, 0]).convert("RGB")
        if pixels.shape[2] == 4:
            white = Image.new("RGBA", (pixels.shape[1], pixels.shape[0]), (255, 255, 255, 255))
            return Image.alpha_composite(white, Image.fromarray(pixels)).convert("RGB")
        return Image.fromarray(np.ascontiguousarray(pixels))

    def scan(self, advance: Callable[[], None]) -> Iterator[Facts | Refusal]:
        """Facts of every image, or why it is not used."""
        for index in range(len(self.images)):
            advance()
            try:
                image = self.image(index)
            except DecodeError as error:
                yield Refusal("skipped", error.reason, error.message)
                continue
            raw = np.asarray(self.images[index])
            head = f"{raw.shape}{raw.dtype.str}".encode()
            channels = self._pixels(index).shape[2]
            decoded = DecodedImage(image, image.width, image.height, _MODES[channels], "array", ())
            yield facts_of(decoded, content=hash_bytes(head + raw.tobytes()), size=raw.nbytes)

    def _pixels(self, index: int) -> NDArray[np.uint8]:
        raw = np.asarray(self.images[index])
        if raw.dtype.kind not in "buif":
            raise DecodeError(f"Its values are of type {raw.dtype}, not numbers.", reason="not an image")
        if raw.ndim == 2:
            raw = raw[:, :, None]
        elif raw.ndim == 3 and self.channels_first:
            raw = np.moveaxis(raw, 0, -1)
        if raw.ndim != 3 or raw.shape[2] not in _CHANNELS or 0 in raw.shape:
            raise DecodeError(f"Its shape {raw.shape} is not that of an image.", reason="not an image")
        if raw.shape[0] * raw.shape[1] > MAX_PIXELS:
            raise DecodeError(f"Its shape is {raw.shape}.", reason="too many pixels")
        if raw.dtype == np.uint8 and self.factor == 1:
            return np.ascontiguousarray(raw)
        values = raw.astype(np.float64)
        if not np.isfinite(values).all():
            raise DecodeError("It has NaN or infinite values.", reason="not finite")
        return np.clip(np.rint(values * self.factor), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class ReadArrays:
    """What ``read_arrays`` gives."""

    places: tuple[Place, ...]
    source: ArraySource
    notes: tuple[str, ...]


def read_arrays(images: Any, labels: Any, groups: Sequence[Any] | None) -> ReadArrays:
    """Check arrays and decide, for all images together, what their values and axes mean.

    Values: bool and all-0/1 integers are multiplied by 255; uint16 beyond 255 is divided by 257; other integers must
    lie in 0..255; floats in 0..1 are multiplied by 255, in 0..255 taken as they are. Everything else is an error.
    Images with NaN or infinity do not take part in the decision, and are skipped.

    Raises:
        DataError: empty, wrong rank, values or number of labels or groups.
        TaskNotSupportedError: several labels per image.
    """
    if not hasattr(images, "shape") or np.dtype(images.dtype).kind == "O":
        images = list(images)
    n = len(images)
    if n == 0:
        raise DataError("Expected images. Received: an empty array.", hint="pass (n, h, w, 3) images.")
    notes: list[str] = []
    first_axis = _channels_first(images, notes)
    source = ArraySource(images, _factor(images, notes), first_axis)
    names = _labels(labels, n, notes)
    if groups is not None and len(groups) != n:
        raise DataError(f"Expected one group per image, {n}. Received: {len(groups)}.", hint="pass groups=None or n.")
    places = []
    for index in range(n):
        path = f"array/{index}"
        group = path if groups is None else escape_name(str(groups[index]))
        places.append(Place(path, names[index], group, ""))
    return ReadArrays(tuple(places), source, tuple(notes))


def _channels_first(images: Any, notes: list[str]) -> bool:
    shape = tuple(getattr(images, "shape", (len(images), *np.shape(images[0]))))
    is_set = hasattr(images, "shape")
    if is_set and len(shape) not in (3, 4):
        raise DataError(
            f"Expected images of shape (n, h, w) or (n, h, w, channels). Received: {shape}.",
            hint="one image alone is images[None]; flattened pixels need reshape((n, h, w, channels)).",
        )
    if len(shape) == 4 and shape[3] not in _CHANNELS:
        if shape[1] not in _CHANNELS:
            raise DataError(
                f"Expected 1, 3 or 4 channels on the last axis. Received: shape {shape}.",
                hint="choose three channels, e.g. images[..., :3].",
            )
        notes.append(f"channels come first in the arrays (shape {shape}); they were moved to the end")
        return True
    return False


def _factor(images: Any, notes: list[str]) -> float:
    low, high, kind, item = np.inf, -np.inf, "b", 0
    for image in images:
        array = np.asarray(image)
        if array.dtype.kind not in "buif":
            if array.dtype == object or array.dtype.kind in "US":
                continue
            raise DataError(f"Expected numbers as pixels. Received: {array.dtype}.", hint="convert to uint8.")
        kind, item = max(kind, array.dtype.kind, key="buif".find), max(item, array.dtype.itemsize)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            continue
        if array.size:
            low, high = min(low, float(array.min())), max(high, float(array.max()))
    if not np.isfinite(low):
        raise DataError("No image has only finite numbers as pixels.", hint="look for NaN where they were computed.")
    found = f"values from {low:g} to {high:g}"
    if kind == "f" and low >= -_ROUNDING and high <= 1 + _ROUNDING:
        notes.append(f"float images in 0..1 were multiplied by 255 ({found})")
        return 255.0
    if kind != "f" and low >= 0 and high <= 1:
        notes.append(f"integer images with {found} were multiplied by 255")
        return 255.0
    if low >= 0 and high <= 255:
        if kind == "f":
            notes.append(f"float images in 0..255 were rounded ({found})")
        return 1.0
    if kind == "u" and item == 2:
        notes.append(f"16-bit images were divided by 257 ({found})")
        return 1 / 257
    raise DataError(
        f"Expected images in 0..255 or 0..1. Received: {found}.",
        hint="undo the scaling: Frostline applies the backbone's own. For -1..1: (images + 1) * 127.5.",
    )


def _labels(labels: Any, n: int, notes: list[str]) -> list[str]:
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or len(array) != n:
        raise DataError(
            f"Expected one label per image, shape ({n},). Received: shape {array.shape}.",
            hint="images and labels must come from the same split, in the same order.",
        )
    if array.ndim == 2:
        array = _from_one_hot(array, notes)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or (array != np.rint(array)).any():
            raise DataError(
                "Expected class indices or names as labels. Received: floats that are not whole numbers.",
                hint="regression targets are not supported; drop images without a label.",
            )
        array = array.astype(np.int64)
    names = [escape_name(str(label).strip()) for label in array.tolist()]
    if any(name in ("", "None", "nan") for name in names):
        raise DataError("Some labels are blank.", hint="drop images without a label.")
    if array.dtype.kind in "iu" and array.min() == 1:
        notes.append("labels begin at 1; they are names here, so nothing is shifted")
    if array.dtype.kind in "iu":
        # Zeros in front, so that the sorted names are in the order of the numbers.
        width = len(str(array.max()))
        names = [f"{label:0{width}d}" for label in array.tolist()]
    return names


def _from_one_hot(array: NDArray[Any], notes: list[str]) -> NDArray[np.int64]:
    values = array.astype(np.float64)
    if not np.isin(values, (0.0, 1.0)).all():
        raise DataError(
            f"Expected class indices or one-hot rows as labels. Received: other values, shape {array.shape}.",
            hint="pass labels.argmax(axis=1) if these are scores.",
        )
    if (values.sum(axis=1) != 1).any():
        raise TaskNotSupportedError(
            "Label rows hold no or several ones: multi-label data.", hint="Frostline takes one label per image."
        )
    notes.append(f"one-hot labels with {array.shape[1]} columns were turned into indices")
    return np.asarray(values.argmax(axis=1), np.int64)
