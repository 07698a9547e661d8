"""The pictures that users send: `loadtest/pictures/MODEL/` holds those for one model.

A folder is all that a further model of pictures needs to be put under load. For the shipped models there are two
pictures of each class. digit-*.png are the test images of MNIST nearest to the mean of their digit; scan-*.jpg are the
first two of each class among the "Testing" slices of the Brain Tumor MRI Dataset (CC0) that have no twin among its
"Training" slices, at most 192 pixels a side. `tests/loadtest/users/test_pictures.py` chooses them again and compares.
"""

import mimetypes
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parents[1] / "pictures"


@dataclass(frozen=True)
class Picture:
    """A file as it is sent; `name` is the file's name."""

    name: str
    data: bytes

    @property
    def content_type(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @cached_property
    def pixels(self) -> list[list[int]]:
        """The grey values, 0 to 255, row by row."""
        rows: list[list[int]] = np.asarray(Image.open(BytesIO(self.data)).convert("L")).tolist()
        return rows

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        with Image.open(BytesIO(self.data)) as picture:
            return picture.height, picture.width


def read_pictures(model: str) -> tuple[Picture, ...]:
    return tuple(Picture(path.name, path.read_bytes()) for path in sorted((FOLDER / model).iterdir()))
