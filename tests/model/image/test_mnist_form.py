"""The rule for pictures in MNIST's form, and what it is for: digits in any two shades are recognised."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import model
from model import bundle
from model.image import digit
from model.image.mnist_form import in_mnist_form
from model.train.digits.glyphs import DIGITS
from model.train.digits.strokes import drawn, points_of
from model.train.picture.evaluate import predictor

SHIPPED = Path(model.__file__).parent / "bundles" / "digits"

Grey = NDArray[np.uint8]


def digits() -> Grey:
    """Return thirty drawn digits, 0 to 9 in turn, in MNIST's form."""
    random = np.random.default_rng(3)
    pictures = [drawn(points_of(DIGITS[place % 10][0]), random) for place in range(30)]
    return np.stack([np.rint(digit.prepare(picture).input * 255).astype(np.uint8) for picture in pictures])


IMAGES = digits()


def test_a_digit_that_was_converted_is_in_mnists_form() -> None:
    assert in_mnist_form(IMAGES).all()


@pytest.mark.parametrize(
    "spoilt",
    [
        np.maximum(IMAGES, 20),
        IMAGES // 2,
        255 - IMAGES,
        np.roll(IMAGES, 3, axis=1),
        np.roll(IMAGES, -3, axis=2),
        IMAGES[:, ::2, ::2],
        np.pad(IMAGES[:, ::2, ::2], ((0, 0), (7, 7), (7, 7))),
        np.zeros_like(IMAGES),
        np.pad(IMAGES, ((0, 0), (1, 0), (0, 0))),
    ],
    ids=["grey paper", "dim", "dark on light", "low", "left", "14 × 14", "small", "blank", "29 × 28"],
)
def test_anything_else_is_not(spoilt: Grey) -> None:
    assert not in_mnist_form(spoilt).any()


@pytest.mark.parametrize("paper", [0, 8, 30, 90, 160, 220, 247, 255])
def test_digits_are_recognised_in_any_two_shades_that_differ_by_60(paper: int) -> None:
    predict = predictor(bundle.load(SHIPPED).onnx)
    for ink in (0, 30, 90, 160, 225, 255):
        if abs(paper - ink) < 60:
            continue
        shaded = np.rint(paper + (ink - paper) * (IMAGES / 255)).astype(np.uint8)
        predictions = predict(np.stack([digit.prepare(picture).input for picture in shaded]))
        assert (predictions.labels != np.arange(30) % 10).sum() <= 1, f"ink of {ink} on paper of {paper}"
