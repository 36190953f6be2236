import numpy as np
import pytest
from PIL import Image

from frostline.core.errors import DecodeError
from frostline.data.decode import decode_image
from frostline.testing.folders import bomb_png, encoded

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
IMAGE = Image.fromarray(PIXELS)


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "PPM", "JPEG2000"])
def test_lossless_formats_give_their_pixels(name):
    decoded = decode_image(encoded(IMAGE, name))
    np.testing.assert_array_equal(np.asarray(decoded.image), PIXELS)
    assert (decoded.width, decoded.height, decoded.format) == (60, 40, name)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM", "WEBP"])
def test_what_ends_too_early_is_truncated(name):
    data = encoded(IMAGE, name)
    with pytest.raises(DecodeError) as caught:
        decode_image(data[: len(data) // 2])
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_data_after_the_end_is_fine(name):
    data = encoded(IMAGE, name)
    np.testing.assert_array_equal(decode_image(data + b"x" * 999).image, decode_image(data).image)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_orientation(name, turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"lossless": True} if name == "WEBP" else {}
    plain = np.asarray(decode_image(encoded(IMAGE, name, **options)).image)
    expected = {
        1: plain, 2: plain[:, ::-1], 3: plain[::-1, ::-1], 4: plain[::-1],
        5: plain.swapaxes(0, 1), 6: np.rot90(plain, -1), 7: plain[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(plain),
    }[turn]  # fmt: skip
    decoded = decode_image(encoded(IMAGE, name, exif=exif, **options))
    np.testing.assert_array_equal(np.asarray(decoded.image), expected)
    assert (decoded.height, decoded.width) == expected.shape[:2]


def test_corrupt_exif_is_ignored():
    decode_image(encoded(IMAGE, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\0"))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_laid_over_white(mode):
    image = Image.new(mode, (4, 4), (0, 0) if mode == "LA" else (0, 0, 0, 0))
    decoded = decode_image(encoded(image, "PNG"))
    assert (np.asarray(decoded.image) == 255).all()
    assert decoded.notes == ("transparency laid over white",)


def test_palette_with_transparency_is_laid_over_white():
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30] + [0, 0, 0] * 255)
    assert (np.asarray(decode_image(encoded(image, "PNG")).image) == (10, 20, 30)).all()
    assert (np.asarray(decode_image(encoded(image, "PNG", transparency=0)).image) == 255).all()


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_and_one_bit(mode):
    image = Image.fromarray(PIXELS).convert(mode)
    np.testing.assert_array_equal(decode_image(encoded(image, "PNG")).image, image.convert("RGB"))


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_16_bits_divide_by_257(name):
    values = np.arange(0, 65536, 64, dtype=np.uint16).reshape(32, 32)
    got = np.asarray(decode_image(encoded(Image.fromarray(values), name)).image)[..., 0]
    np.testing.assert_array_equal(got, np.rint(values / 257).astype(np.uint8))


def test_float_and_32_bit_integer_rules():
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    unit = np.asarray(decode_image(encoded(Image.fromarray(ramp), "TIFF")).image)
    full = np.asarray(decode_image(encoded(Image.fromarray(ramp * 255), "TIFF")).image)
    np.testing.assert_array_equal(unit, full)
    whole = np.asarray(decode_image(encoded(Image.fromarray((ramp * 65535).astype(np.int32)), "TIFF")).image)
    assert np.abs(whole.astype(int) - full).max() <= 1
    for bad, reason in (
        (ramp * 1000, "unknown value range"), (-ramp, "unknown value range"), (ramp * np.nan, "not finite"),
        ((ramp * 100000).astype(np.int32), "unknown value range"),
    ):  # fmt: skip
        with pytest.raises(DecodeError) as caught:
            decode_image(encoded(Image.fromarray(bad), "TIFF"))
        assert caught.value.reason == reason


@pytest.mark.parametrize(("mode", "name"), [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "TIFF"), ("LAB", "TIFF")])
def test_other_colour_spaces_come_back_near_what_went_in(mode, name):
    smooth = Image.fromarray(PIXELS).resize((3, 2)).resize((60, 40), Image.Resampling.BICUBIC)
    decoded = decode_image(encoded(smooth.convert(mode), name))
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(smooth)).mean() < 6
    assert decoded.mode == mode


@pytest.mark.parametrize("name", ["GIF", "WEBP", "TIFF"])
def test_first_frame_of_several(name):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    decoded = decode_image(encoded(frames[0], name, save_all=True, append_images=frames[1:]))
    assert np.asarray(decoded.image)[0, 0, 0] > 200
    assert "first of several frames" in decoded.notes


def test_icc_profiles_are_ignored():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    np.testing.assert_array_equal(decode_image(encoded(IMAGE, "PNG", icc_profile=profile)).image, PIXELS)


def test_a_bomb_is_refused_before_decoding():
    for size in ((60000, 60000), (20000, 10000)):
        with pytest.raises(DecodeError) as caught:
            decode_image(bomb_png(*size))
        assert caught.value.reason == "too many pixels"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"), (b"hello", "not an image"), (b"<!DOCTYPE html><html>", "not an image"),
        (b"\0" * 999, "not an image"), (b"<?xml version='1.0'?><svg/>", "SVG"), (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "HEIC"), (b"%PDF-1.7 \xff\xfe", "not an image"),
    ],
)  # fmt: skip
def test_what_is_no_image_has_a_stable_reason(data, reason):
    with pytest.raises(DecodeError) as caught:
        decode_image(data)
    assert caught.value.reason == reason


def test_random_damage_never_escapes_as_another_error():
    rng = np.random.default_rng(0)
    for name in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
        data = encoded(IMAGE, name)
        for _ in range(40):
            hurt = bytearray(data)
            for position in rng.integers(0, len(data), 8):
                hurt[position] = rng.integers(0, 256)
            try:
                assert decode_image(bytes(hurt)).image.mode == "RGB"
            except DecodeError as error:
                assert error.reason


def test_draft_keeps_size_facts_and_nearly_the_pixels():
    large = Image.fromarray(PIXELS).resize((1200, 800), Image.Resampling.BICUBIC)
    data = encoded(large, "JPEG", quality=95)
    whole, draft = decode_image(data), decode_image(data, draft_to=100)
    assert (draft.width, draft.height) == (whole.width, whole.height) == (1200, 800)
    assert min(draft.image.size) >= 200
    assert draft.image.size != whole.image.size
    small = [np.asarray(d.image.resize((100, 100), Image.Resampling.BILINEAR)).astype(int) for d in (whole, draft)]
    assert np.abs(small[0] - small[1]).mean() < 1.5
    assert decode_image(encoded(large, "PNG"), draft_to=100).image.size == (1200, 800)
