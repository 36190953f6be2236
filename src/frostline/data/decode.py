"""The one decoder: bytes of an image file to RGB pixels, by fixed rules. Pillow is the reference.

Rules, the same for every image, never a stretch per image:

* Only formats of ``FORMATS``; the content decides, not the file's name. HEIC when ``pillow-heif`` is installed.
* The size is checked before anything is decoded: ``MAX_PIXELS``.
* The first frame or page of several. The EXIF orientation is applied; EXIF that cannot be read is ignored.
* A file that ends too early is not used, even where Pillow could read a part of it. Data after the end is fine.
* Transparency (alpha, palette or key colour) is laid over white: drawings are dark on paper more often than not.
* 16 bits divide by 257, rounded; RGB with 16 bits per channel is cut to its upper byte by Pillow (one level at most).
* 32-bit integers are read as 16-bit ones; negative or larger values: not used.
* Floats: all values in 0..1 are multiplied by 255; else all in 0..255 are taken as they are; else not used.
* CMYK and YCCK (Adobe's inversion undone) by ``255 - min(255, c + k)``; LAB by Pillow's LittleCMS; HSV and YCbCr too.
* ICC profiles are ignored, as in the pipelines that published weights were trained with.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from frostline.core.errors import DecodeError

# Pillow's own limit for an outright error is twice its MAX_IMAGE_PIXELS: 2 * 1024**3 // 4 // 3.
MAX_PIXELS = 178_956_970

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF", "HEIF")

# Pillow tells of damaged metadata on standard error, once per image; what matters is in the notes and reasons.
warnings.filterwarnings("ignore", message="Corrupt EXIF data|Truncated File Read|Palette images with", module="PIL")

_ORIENTATION_TAG = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DRAFT_RESERVE = 2


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """One decoded image.

    Attributes:
        image: mode ``RGB``; smaller than the file's when ``draft_to`` allowed it.
        width, height: of the file, after the EXIF orientation, in pixels.
        mode: Pillow's mode in the file.
        format: Pillow's name of the format found.
        notes: what was handled, short and countable, e.g. ``"first of several frames"``.
    """

    image: Image.Image
    width: int
    height: int
    mode: str
    format: str
    notes: tuple[str, ...]


def decode_image(data: bytes, *, draft_to: int | None = None, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Decode the bytes of an image file to RGB.

    Args:
        data: the whole file.
        draft_to: for large JPEGs only: let libjpeg reduce by 2, 4 or 8 while decoding, as long as both sides stay at
            or above twice this many pixels. Several times faster; must be None when a geometric filter follows,
            because the pixels are then not those of the file.
        max_pixels: larger images are refused before they are decoded.

    Raises:
        DecodeError: not a usable image; ``reason`` is short and stable. The message names no file: the caller does.
    """
    if not data:
        raise DecodeError("The file has no content.", reason="empty file", hint="copy it again from its source.")
    with _as_decode_errors(data):
        image = _open(data)
        _check_size(image.size, max_pixels)
        found, mode, size = image.format or "", image.mode, image.size
        notes = [] if getattr(image, "n_frames", 1) == 1 or found == "MPO" else ["first of several frames"]
        if draft_to is not None and found in ("JPEG", "MPO"):
            image.draft(None, (_DRAFT_RESERVE * draft_to, _DRAFT_RESERVE * draft_to))
        image.load()
        _check_size(image.size, max_pixels)
        turn = _orientation(image, notes)
        rgb = _to_rgb(image, notes)
    if found == "TIFF":
        # Pillow turns TIFF images itself while loading them.
        size = image.size
    if turn in _TRANSPOSE:
        rgb = rgb.transpose(_TRANSPOSE[turn])
        size = size[::-1] if turn >= 5 else size
    return DecodedImage(rgb, size[0], size[1], mode, found, tuple(notes))


def looks_like_image(head: bytes) -> bool:
    """Whether a file's first 32 bytes carry the signature of an image format, supported or not."""
    if head[4:8] == b"ftyp":
        return head[8:12] in (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heif", b"mif1", b"msf1")
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return True
    signatures = (
        b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+",
        b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51",
    )  # fmt: skip
    is_bmp = head[:2] == b"BM" and head[6:10] == b"\0\0\0\0"
    return is_bmp or head.startswith(signatures)


def _open(data: bytes) -> Image.Image:
    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    return Image.open(io.BytesIO(data), formats=known)


@contextmanager
def _as_decode_errors(data: bytes) -> Iterator[None]:
    """Everything that Pillow raises on damaged files, and it raises nearly everything, as one DecodeError."""
    try:
        yield
    except DecodeError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(str(error)) from error
    except UnidentifiedImageError as error:
        reason, detail = _what_it_is(data)
        raise DecodeError(detail, reason=reason, hint=_hint(reason)) from error
    except MemoryError as error:
        raise DecodeError(
            "There is not enough memory to decode it.", reason="out of memory", hint="reduce the image."
        ) from error
    except Exception as error:
        text = str(error) or type(error).__name__
        reason = "truncated" if isinstance(error, EOFError) or _ends_too_early(data, text) else "damaged"
        raise DecodeError(f"Pillow cannot decode it: {text}.", reason=reason, hint=_hint(reason)) from error


def _ends_too_early(data: bytes, message: str) -> bool:
    if data[:4] == b"RIFF" and len(data) >= 8:
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return any(word in message.lower() for word in ("truncat", "not enough", "unexpected end", "only got"))


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    if size[0] < 1 or size[1] < 1:
        raise DecodeError(f"The image has no pixels: {size[0]} x {size[1]}.", reason="damaged")
    if size[0] * size[1] > max_pixels:
        raise _too_large(f"{size[0]} x {size[1]} pixels; at most {max_pixels} are decoded")


def _too_large(detail: str) -> DecodeError:
    return DecodeError(
        f"The image is too large: {detail}.", reason="too many pixels", hint="reduce it or cut it into tiles."
    )


def _orientation(image: Image.Image, notes: list[str]) -> int:
    try:
        turn = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # Pillow lets struct, key, value and syntax errors of damaged EXIF through.
        notes.append("unreadable EXIF ignored")
        return 1
    return turn if isinstance(turn, int) else 1


def _to_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    mode = image.mode
    if mode == "RGB" and "transparency" not in image.info:
        return image
    has_key = mode in ("1", "L", "P", "RGB") and "transparency" in image.info
    if has_key or mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        notes.append("transparency laid over white")
        rgba = image.convert("RGBA") if mode != "La" else image.convert("LA").convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    if mode.startswith("I;16"):
        return _from_values(np.asarray(image).astype(np.float64) / 257, "16 bits divided by 257", notes)
    if mode == "I":
        values = np.asarray(image).astype(np.float64)
        _check_range(values, 65535, "32-bit integers")
        return _from_values(values / 257, "32-bit integers divided by 257", notes)
    if mode == "F":
        values = np.asarray(image).astype(np.float64)
        _check_range(values, 255, "floats")
        if values.max() <= 1:
            return _from_values(values * 255, "floats in 0..1 multiplied by 255", notes)
        return _from_values(values, "floats in 0..255 rounded", notes)
    if mode == "CMYK":
        notes.append("CMYK converted without its profile")
    return image.convert("RGB")


def _check_range(values: NDArray[np.float64], largest: float, what: str) -> None:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        raise DecodeError("The image has NaN or infinite values.", reason="not finite", hint="write it again as 8-bit.")
    if low < 0 or high > largest:
        raise DecodeError(
            f"The image has {what} from {low:g} to {high:g}; expected 0 to {largest:g}.",
            reason="unknown value range",
            hint="write it as 8-bit, with one and the same scale for all images.",
        )


def _from_values(values: NDArray[np.float64], note: str, notes: list[str]) -> Image.Image:
    notes.append(note)
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).convert("RGB")


def _what_it_is(data: bytes) -> tuple[str, str]:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = head.lower()
    if b"<svg" in lower:
        return "SVG", "It is an SVG drawing, which has no pixels."
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"heif", b"mif1", b"msf1"):
        return "HEIC", "It is a HEIC image, which needs a plug-in."
    if lower.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head", b"<body")):
        return "not an image", "It is an HTML or XML page."
    if looks_like_image(data[:32]):
        return "damaged", "It begins like an image, but its header cannot be read."
    if not data[:512].strip(b"\0"):
        return "not an image", "It begins with nothing but zeros."
    if not data[:512].translate(None, bytes(range(1, 128))):
        return "not an image", "It is a text file."
    return "not an image", f"No supported format is recognised; it begins with {data[:8].hex(' ')}."


def _hint(reason: str) -> str:
    return {
        "SVG": "render it to PNG at the size you need.",
        "HEIC": "pip install pillow-heif and register it, or convert the file to JPEG or PNG.",
        "truncated": "copy it again from its source.",
        "damaged": "copy it again from its source.",
    }.get(reason, "remove it or replace it by an image.")
