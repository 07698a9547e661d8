"""Bring a picture to a network's size, as the library that prepared its training pictures does.

* "bilinear" and "bicubic" are Pillow's filters, which average over all pixels when they make a picture smaller. With
  `Resize.shorter` they are the transforms Resize and CenterCrop of torchvision, which timm uses too.
* "nearest" is Pillow's, by default also that of Keras's load_img.
* "linear" mixes the four nearest pixels however much smaller the picture becomes, as cv2.resize does, and
  tf.image.resize under Keras's image_dataset_from_directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.task import Resize

WHITE = 255

# How many times its final size a JPEG must keep when it is made smaller while it is decoded. With 10 no level of any
# picture tried differed by more than 1 from that of the whole picture, with 4 those of photographs by 2 and those of
# pages of text by 4. The whole of a picture with more than LARGE pixels would take too much memory.
_MARGIN, _MARGIN_OF_LARGE = 10, 4
LARGE = 15_000_000

_MOST_SCALED = 4_000_000  # pixels

Size = tuple[int, int]  # width and height
Box = tuple[float, float, float, float]  # left, top, right and bottom

_FILTERS: Mapping[str, Image.Resampling] = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def resized(picture: Image.Image, resize: Resize, height: int, width: int) -> NDArray[np.float32]:
    """Return the picture, L, RGB or RGBA, as [height, width] or [height, width, channels], from 0 to 1."""
    if resize.method == "linear":
        return _interpolated(np.asarray(picture), height, width) / np.float32(WHITE)
    levels = _cropped(picture, resize, (width, height)) if resize.shorter else _scaled(picture, resize, (width, height))
    return np.asarray(levels, np.float32) / np.float32(WHITE)


def draft_scale(size: Size, resize: Resize, height: int, width: int) -> int:
    """Return by how much a JPEG of this size may be made smaller while it is decoded: by 1, 2, 4 or 8."""
    if resize.method not in ("bilinear", "bicubic"):
        return 1  # single pixels count
    margin = _MARGIN_OF_LARGE if size[0] * size[1] > LARGE else _MARGIN
    needed = margin * (resize.shorter or max(height, width))
    return next((scale for scale in (8, 4, 2) if min(size) >= needed * scale), 1)


def _scaled(picture: Image.Image, resize: Resize, size: Size, box: Box | None = None) -> Image.Image:
    return picture.resize(size, _FILTERS[resize.method], box)


def _cropped(picture: Image.Image, resize: Resize, size: Size) -> Image.Image:
    """Scale the shorter side and cut out the middle, rounding as torchvision does."""
    shortest = min(picture.size)
    width, height = (
        resize.shorter if side == shortest else int(resize.shorter * side / shortest) for side in picture.size
    )
    left, top = round((width - size[0]) / 2), round((height - size[1]) / 2)
    right, bottom = left + size[0], top + size[1]
    if width * height <= _MOST_SCALED:
        return _scaled(picture, resize, (width, height)).crop((left, top, right, bottom))
    # Of a very narrow picture only the part that is cut out is scaled: the whole could be gigabytes.
    across, down = picture.width / width, picture.height / height
    box = (left * across, top * down, min(right * across, picture.width), min(bottom * down, picture.height))
    return _scaled(picture, resize, size, box)


def _interpolated(levels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float32]:
    above, below, down = _neighbours(levels.shape[0], height)
    left, right, across = _neighbours(levels.shape[1], width)
    pixels = levels.reshape(*levels.shape[:2], -1)
    rows = _mixed(pixels[above], pixels[below], down[:, None, None])
    return _mixed(rows[:, left], rows[:, right], across[:, None]).reshape(height, width, *levels.shape[2:])


def _mixed(first: NDArray[Any], second: NDArray[Any], share: NDArray[np.float32]) -> NDArray[Any]:
    return first * (1 - share) + second * share


def _neighbours(length: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return for each of `count` pixels the two of `length` that it lies between, and how far it is from the first."""
    places = np.clip((np.arange(count) + 0.5) * length / count - 0.5, 0, length - 1)
    first = places.astype(np.intp)
    return first, np.minimum(first + 1, length - 1), (places - first).astype(np.float32)
