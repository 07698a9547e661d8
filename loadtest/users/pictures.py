"""The pictures that users send, in `loadtest/pictures`: two of each class.

digit-*.png are the test images of MNIST nearest to the mean of their digit; scan-*.jpg are the first two of each class
among the "Testing" slices of the Brain Tumor MRI Dataset (CC0) that have no twin among its "Training" slices, at most
192 pixels a side. `tests/loadtest/users/test_pictures.py` chooses them again and compares.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parents[1] / "pictures"


@dataclass(frozen=True)
class Picture:
    """A file as it is sent; `name` is that of the file."""

    name: str
    data: bytes

    @property
    def pixels(self) -> list[list[int]]:
        """Its grey values, 0 to 255, row by row."""
        rows: list[list[int]] = np.asarray(Image.open(BytesIO(self.data))).tolist()
        return rows


def read(kind: str) -> tuple[Picture, ...]:
    """All of a kind: `digit` or `scan`."""
    return tuple(Picture(path.name, path.read_bytes()) for path in sorted(FOLDER.glob(f"{kind}-*")))
