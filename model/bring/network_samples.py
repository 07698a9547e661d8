"""Reads the sample pictures that were given with a network, and what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.bring.progress import step
from model.bundle import BundleError
from model.image.decode import parse_image
from model.image.errors import ImageError
from model.image.transforms import transform_file
from model.task import Picture

FEWEST = 20  # pictures; of fewer, no one of them is among the strangest hundredth
MOST = 1000  # pictures; of more, evenly spaced ones are read
SUFFIXES = (".jpg", ".jpeg", ".png")

_MOST_NUMBERS = 50_000_000  # of all pictures together, in 200 MB


@dataclass(frozen=True)
class Samples:
    """Sample pictures.

    Attributes:
        pictures: As the served graph takes them, [n, *Picture.shape].
        truth: The index of each picture's class, [n]; None unless each is in a folder that is named like a label.
    """

    pictures: NDArray[np.float32]
    truth: NDArray[Any] | None


@step("Reading the sample pictures")
def read(folder: Path, picture: Picture, labels: Sequence[str]) -> Samples:
    """Read the JPEG and PNG files in a folder and in the folders inside it. Raises BundleError."""
    if not folder.is_dir():
        raise BundleError(f"--samples must be a folder of pictures, but {folder} is none.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if len(files) < FEWEST:
        raise BundleError(
            f"{folder} has {len(files)} JPEG and PNG files. Give at least {FEWEST}, or leave --samples out."
        )
    most = max(FEWEST, min(MOST, _MOST_NUMBERS // int(np.prod(picture.shape))))
    if len(files) > most:
        files = [files[index * len(files) // most] for index in range(most)]
    pictures = np.stack([_prepared(path, picture) for path in files])
    places = {label: index for index, label in enumerate(labels)}
    classes = [places.get(path.parent.name) for path in files]
    return Samples(pictures, None if None in classes else np.array(classes))


def _prepared(path: Path, picture: Picture) -> NDArray[np.float32]:
    try:
        return transform_file(picture, parse_image(path.read_bytes()))[0]
    except ImageError as error:
        raise BundleError(f"{path}: {error.sentence}") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
