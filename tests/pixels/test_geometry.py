import numpy as np
import pytest
from PIL import Image

from frostline.core.errors import UsageError
from frostline.pixels import resize_and_crop
from frostline.records import InputContract


def noise(height, width, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("policy", ["squash", "crop", "pad"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 20000), (20000, 3), (300, 400), (59, 49), (224, 224)])
def test_every_shape_comes_out_at_the_contracts_size(policy, shape):
    pixels = resize_and_crop(noise(*shape), InputContract(size=64, resize=policy, shorter_side=72))
    assert pixels.shape == (64, 64, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable


def test_crop_equals_resizing_everything_and_cropping_after():
    image = noise(333, 517)
    got = resize_and_crop(image, InputContract(size=224, resize="crop", shorter_side=256)).astype(int)
    whole = image.resize((int(517 * 256 / 333), 256), Image.Resampling.BILINEAR)
    left, top = round((whole.width - 224) / 2), 16
    assert np.abs(np.asarray(whole.crop((left, top, left + 224, top + 224))).astype(int) - got).max() <= 1


@pytest.mark.parametrize("policy", ["squash", "pad", "crop"])
def test_an_image_of_the_right_size_is_not_resampled(policy):
    image = noise(64, 64)
    contract = InputContract(size=64, resize=policy, shorter_side=64)
    np.testing.assert_array_equal(resize_and_crop(image, contract), np.asarray(image))


def test_pad_is_centred_and_filled_with_the_contracts_mean():
    contract = InputContract(size=8, resize="pad", mean=(10.0, 20.0, 30.0))
    pixels = resize_and_crop(Image.new("RGB", (8, 4), (200, 200, 200)), contract)
    assert (pixels[:2] == (10, 20, 30)).all()
    assert (pixels[-2:] == (10, 20, 30)).all()
    assert (pixels[2:6] == 200).all()


def test_reduction_is_antialiased():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = resize_and_crop(Image.fromarray(stripes), InputContract(size=64, resize="squash")).astype(int)
    assert np.abs(pixels[:, 2:-2] - 127).max() <= 3


def test_a_crop_larger_than_the_shorter_side_is_taken_from_an_enlarged_image():
    pixels = resize_and_crop(noise(50, 50), InputContract(size=64, resize="crop", shorter_side=32))
    assert pixels.shape == (64, 64, 3)


def test_only_rgb_and_known_policies():
    with pytest.raises(UsageError, match="RGB"):
        resize_and_crop(Image.new("L", (4, 4)), InputContract())
    with pytest.raises(UsageError, match="squash, crop, pad"):
        resize_and_crop(noise(4, 4), InputContract(resize="fill"))
    with pytest.raises(UsageError, match="size"):
        resize_and_crop(noise(4, 4), InputContract(size=0))
