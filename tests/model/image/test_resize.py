"""Pictures of every shape become what torchvision, timm, Keras and OpenCV make of them, as these define it."""

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.image.decode import parse_image
from model.image.resize import LARGE, draft_scale, resized
from model.image.transforms import transform_file, transform_levels
from model.task import Picture, Resize

SIZES = [(640, 427), (427, 640), (333, 500), (501, 333), (224, 224), (256, 256), (100, 75), (31, 700), (8, 8), (1, 90)]


def photograph(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return something with edges, gradients and noise, in which every row and column differs."""
    random = np.random.default_rng(width)
    ramp = np.add.outer(np.linspace(0, 120, height), np.linspace(0, 90, width))[:, :, None] * [1, 0.5, 0.8]
    blocks = np.kron(random.integers(0, 60, (height // 9 + 1, width // 9 + 1, 3)), np.ones((9, 9, 1)))[:height, :width]
    levels = ramp + blocks + random.integers(0, 40, (height, width, 3))
    return Image.fromarray(levels.astype(np.uint8)).convert(mode)


def torchvision_crop(picture: Image.Image, shorter: int, side: int, resample: Image.Resampling) -> NDArray[Any]:
    """Resize and CenterCrop as torchvision.transforms.functional defines them for Pillow's pictures."""
    width, height = picture.size
    short, long = min(width, height), max(width, height)
    new_short, new_long = shorter, int(shorter * long / short)
    new_width, new_height = (new_short, new_long) if width <= height else (new_long, new_short)
    scaled = picture.resize((new_width, new_height), resample)
    top, left = int(round((new_height - side) / 2.0)), int(round((new_width - side) / 2.0))  # noqa: RUF046
    return np.asarray(scaled.crop((left, top, left + side, top + side)), np.float64)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", [224, 33])
def test_shorter_side_and_centre_crop_are_torchvisions(size: tuple[int, int], side: int) -> None:
    picture = photograph(*size)
    for method, resample in (("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC)):
        for shorter in (side, side + 3, 256):
            expected = torchvision_crop(picture, shorter, side, resample)
            given = resized(picture, Resize(method, shorter), side, side) * 255  # type: ignore[arg-type]
            assert np.abs(given - expected).max() <= 1


@pytest.mark.parametrize("size", SIZES)
def test_nearest_pixels_are_those_of_keras(size: tuple[int, int]) -> None:
    picture = photograph(*size)
    given = resized(picture, Resize("nearest"), 40, 30) * 255
    assert given.tolist() == np.asarray(picture.resize((30, 40), Image.Resampling.NEAREST), np.float32).tolist()


@pytest.mark.slow  # it needs PyTorch
@pytest.mark.parametrize("size", SIZES)
def test_four_nearest_pixels_are_mixed_as_opencv_and_keras_mix_them(size: tuple[int, int]) -> None:
    from model.train.picture.network import torch

    for mode in ("RGB", "L"):
        picture = photograph(*size, mode)
        levels = np.asarray(picture, np.float32).reshape(size[1], size[0], -1).transpose(2, 0, 1)
        mixed = torch.nn.functional.interpolate(
            torch.from_numpy(levels.copy())[None], (40, 30), mode="bilinear", align_corners=False, antialias=False
        )
        given = resized(picture, Resize("linear"), 40, 30) * 255
        assert given.reshape(40, 30, -1) == pytest.approx(mixed[0].numpy().transpose(1, 2, 0), abs=0.01)


def test_narrow_picture_is_not_scaled_beyond_what_is_cut_out() -> None:
    picture = Image.new("RGB", (65_000, 2))
    tracemalloc.start()
    resized(picture, Resize("bilinear", 256), 224, 224)  # the whole of it would have 2 billion pixels
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_jpeg_is_made_smaller_while_decoding_only_where_that_cannot_be_seen(method: Any) -> None:
    picture = photograph(900, 1200)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    described = Picture("resize", 32, 32, "a leaf", None, channels=3, resize=Resize(method, 40))
    assert draft_scale((900, 1200), Resize(method, 40), 32, 32) == 2
    given, *_ = transform_file(described, parse_image(file.getvalue()))
    whole = resized(Image.open(file), Resize(method, 40), 32, 32)
    assert np.abs(given - whole).max() * 255 <= 1.001
    assert given.tolist() != whole.tolist()


def test_large_jpeg_is_decoded_in_bounded_memory_and_single_pixels_at_full_resolution() -> None:
    assert draft_scale((5000, LARGE // 5000), Resize("bilinear", 256), 224, 224) == 1
    assert draft_scale((6000, 4000), Resize("bilinear", 256), 224, 224) == 2
    for method in ("nearest", "linear"):
        assert draft_scale((6000, 4000), Resize(method), 8, 8) == 1


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_are_transformed_like_the_file_that_holds_them(channels: Any) -> None:
    described = Picture("resize", 20, 24, "a leaf", None, channels=channels, resize=Resize("bilinear"))
    for mode in ("L", "RGB", "RGBA"):
        picture = photograph(60, 50, mode)
        file = io.BytesIO()
        picture.save(file, "PNG")
        of_file = transform_file(described, parse_image(file.getvalue()))
        of_levels = transform_levels(described, np.asarray(picture))
        assert of_file[0].shape == described.shape
        assert of_file[0].tolist() == of_levels[0].tolist()
        assert of_file[1] == of_levels[1]
