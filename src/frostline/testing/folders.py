"""Synthetic image folders: small textured classes for tests and examples, and a folder of what goes wrong."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def write_texture_folder(
    path: Path,
    classes: int = 3,
    per_class: int = 20,
    size: int = 48,
    groups_per_class: int = 5,
    seed: int = 0,
    suffix: str = ".png",
) -> Path:
    r"""Write a folder per class, each class a grating of its own direction over random shading.

    Size, colour, brightness and file size (of PNGs) say nothing about the class; no two images are near-duplicates.
    Files are ``class_<c>/g<group>_<i><suffix>``, so that ``--group-by '(g\d+)_'`` gives the groups, which are not
    shared between classes.

    Args:
        path: created if needed.
        classes: number of class folders.
        per_class: images per class.
        size: height and width in pixels, at least 16.
        groups_per_class: groups per class; images are dealt to them in turn.
        seed: the same seed writes the same pixels.
        suffix: decides the file format.

    Returns:
        ``path``.
    """
    rng = np.random.default_rng(seed)
    for label in range(classes):
        folder = path / f"class_{label}"
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(per_class):
            group = label * groups_per_class + index % groups_per_class
            pixels = texture(rng, angle=np.pi * label / classes, size=size)
            # Uncompressed, because the direction of a grating shows in the size of a compressed PNG.
            options: dict[str, Any] = {"compress_level": 0} if suffix == ".png" else {}
            Image.fromarray(pixels).save(folder / f"g{group:03d}_{index:03d}{suffix}", **options)
    return path


def texture(rng: np.random.Generator, *, angle: float, size: int) -> NDArray[np.uint8]:
    """A grating at ``angle`` radians with random phase, over random shading and a random tint.

    Returns:
        ``(size, size, 3)`` uint8.
    """
    rows, columns = np.mgrid[0:size, 0:size]
    across = rows * np.sin(angle) + columns * np.cos(angle)
    grating = 35.0 * np.sin(2 * np.pi * across / 6.0 + rng.uniform(0, 2 * np.pi))
    coarse = Image.fromarray(rng.uniform(-60, 60, (6, 6)).astype(np.float32))
    shading = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
    grey = 128 + grating + shading + rng.normal(0, 8, (size, size))
    tint = rng.uniform(-12, 12, 3)
    return np.asarray(np.clip(np.round(grey[..., None] + tint), 0, 255), np.uint8)


def write_hostile_folder(path: Path, *, seed: int = 0) -> dict[str, str]:
    """Write two sound classes of textures, and among them every bad file and folder that the system permits.

    Args:
        path: created if needed.
        seed: of the textures.

    Returns:
        Outcome by path below ``path`` (as on the disk): ``used``, or the reason of the skip or ignore. Paths that the
        system refuses (names that are no UTF-8 on some file systems) are left out.
    """
    write_texture_folder(path, classes=2, per_class=6, groups_per_class=3, seed=seed)
    expected = {file.relative_to(path).as_posix(): "used" for file in sorted(path.rglob("*.png"))}
    rng = np.random.default_rng(seed + 1)
    for name, (data, outcome) in _hostile_files(rng).items():
        target = path / os.fsdecode(name.encode("utf-8", "surrogateescape"))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError:
            continue
        expected[name] = outcome
    _hostile_links(path, expected)
    return expected


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """An image as the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def _hostile_files(rng: np.random.Generator) -> dict[str, tuple[bytes, str]]:
    def draw() -> Image.Image:
        return Image.fromarray(texture(rng, angle=0.0, size=48))

    exif = Image.Exif()
    exif[0x0112] = 6
    names = [
        "line\nbreak", "tab\there", 'quo"te', "com,ma", "emoji \N{SNOWFLAKE}", "<script>alert(1)<", "-leading", "100%",
        "n" * 251, "not utf-8 \udcff", "UPPER", "upper", "caf\u00e9", "cafe\u0301", "semi;colon",
    ]  # fmt: skip
    files = {f"class_0/{name}.png": (encoded(draw(), "PNG"), "used") for name in names}
    frames = [draw() for _ in range(3)]
    one, bad = "class_0", "class_1"
    files |= {
        f"{one}/wrong_suffix.jpg": (encoded(draw(), "PNG"), "used"),
        f"{one}/no_suffix": (encoded(draw(), "PNG"), "used"),
        f"{one}/trailing.jpg": (encoded(draw(), "JPEG") + b"trailing" * 99, "used"),
        f"{one}/corrupt_exif.jpg": (encoded(draw(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), "used"),
        f"{one}/turned.jpg": (encoded(draw(), "JPEG", exif=exif), "used"),
        f"{one}/cmyk.jpg": (encoded(draw().convert("CMYK"), "JPEG"), "used"),
        f"{one}/animated.gif": (encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "used"),
        f"{one}/animated.webp": (encoded(frames[1], "WEBP", save_all=True, append_images=frames[:1]), "used"),
        f"{one}/pages.tif": (encoded(frames[2], "TIFF", save_all=True, append_images=frames[:1]), "used"),
        f"{one}/nested/deeper/image.png": (encoded(draw(), "PNG"), "used"),
        f"{one}/one_pixel.png": (encoded(Image.new("RGB", (1, 1), (9, 9, 9)), "PNG"), "used"),
        f"{one}/long.png": (encoded(Image.new("RGB", (20000, 3), (99, 9, 9)), "PNG"), "used"),
        f"{one}/one_colour.png": (encoded(Image.new("RGB", (64, 64), (9, 99, 9)), "PNG"), "used"),
        f"{bad}/empty.jpg": (b"", "empty file"),
        f"{bad}/truncated.jpg": (encoded(draw(), "JPEG")[:600], "truncated"),
        f"{bad}/truncated.png": (encoded(draw(), "PNG")[:600], "truncated"),
        f"{bad}/text.jpg": (b"just some words", "not an image"),
        f"{bad}/page.jpg": (b"<!DOCTYPE html><html></html>", "not an image"),
        f"{bad}/drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        f"{bad}/photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "HEIC"),
        f"{bad}/bomb.png": (bomb_png(60000, 60000), "too many pixels"),
        f"{bad}/painting.psd": (b"8BPS\0\x01" + b"\0" * 64, "unsupported format"),
        f"{bad}/notes.txt": (b"notes", "not an image file"),
        f"{bad}/Thumbs.db": (b"\xd0\xcf", "hidden or system file"),
        f"{bad}/.DS_Store": (b"\0\0\0\1Bud1", "hidden or system file"),
        f"{bad}/._resource.png": (b"\0\5\x16\7", "hidden or system file"),
        "beside.png": (encoded(draw(), "PNG"), "not in a class folder"),
        "README.md": (b"# read me", "not an image file"),
    }
    return files


def bomb_png(width: int, height: int) -> bytes:
    """A small, valid PNG header of an image of ``width`` x ``height`` whose pixels nobody should decode."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


def _hostile_links(path: Path, expected: dict[str, str]) -> None:
    (path / "__MACOSX").mkdir(exist_ok=True)
    (path / "__MACOSX" / "copy.png").write_bytes(b"\0")
    expected["__MACOSX"] = "hidden or system folder"
    (path / "class_empty").mkdir(exist_ok=True)
    if os.name != "posix":
        return
    folder = path / "class_1"
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    (folder / "itself.png").symlink_to(folder / "itself.png")
    (folder / "dangling.png").symlink_to(path / "nowhere.png")
    os.mkfifo(folder / "pipe.png")
    expected |= {
        "class_1/circle": "link in a circle",
        "class_1/itself.png": "link in a circle",
        "class_1/dangling.png": "dangling link",
        "class_1/pipe.png": "not a regular file",
    }
