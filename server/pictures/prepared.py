"""Pictures, as files or as the numbers of their pixels → the array that a graph takes, and what is said of each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.image.transforms import TRANSFORMS
from model.task import Picture
from server.errors import BadInput, TooManyPixels
from server.pictures import levels, numbered
from server.pictures.levels import Levels, Pixels

MAX_TRANSFORMED = 100
"""Pictures of one request that may have to be brought into the model's form, about a millisecond each."""

MAX_PIXELS = 25_000_000
"""Of those together; a file says little of how many it holds."""

_DARK, _CLEAR = 0.4, 0.5
"""An edge that is darker, levels of grey that are further apart: stricter than where a transform looks twice."""

Items = Sequence[bytes | Pixels] | NDArray[np.float32]


class Prepared(NamedTuple):
    """pictures: [n, height, width], 0 (black) to 1 (white); warnings: what is said of each."""

    pictures: NDArray[np.float32]
    warnings: list[tuple[str, ...]]


def of(picture: Picture, items: Items) -> Prepared:
    """Nothing of one item depends on another. Raises ServingError."""
    prepared = np.empty((len(items), picture.height, picture.width), np.float32)
    warnings: list[tuple[str, ...]] = [()] * len(items)
    plain = _take_as_they_are(picture, items, prepared)
    others = [place for place in range(len(items)) if place not in plain]
    if len(others) > MAX_TRANSFORMED:
        raise BadInput(
            f"{len(others)} of the pictures must be brought into the form of the model, which is done for "
            f"{MAX_TRANSFORMED} in a request; send fewer at a time."
        )
    pixels = 0
    for place in others:
        with numbered.picture(place, len(items)):
            shades, said = _levels(items[place])
        pixels += shades.size
        if pixels > MAX_PIXELS and len(others) > 1:
            raise TooManyPixels("The pictures have too many pixels together; send fewer at a time.")
        prepared[place], more = TRANSFORMS[picture.transform](shades)
        warnings[place] = said + more
    return Prepared(prepared, warnings)


def _take_as_they_are(picture: Picture, items: Items, prepared: NDArray[np.float32]) -> set[int]:
    """The places of numbers that already are as the model takes them: its transform would leave them so."""
    if picture.transform != "digit":
        return set()
    size = picture.height, picture.width
    places = [place for place, item in enumerate(items) if not isinstance(item, bytes) and item.shape == size]
    if not places:
        return set()
    stack = items if isinstance(items, np.ndarray) else np.stack([np.asarray(items[place]) for place in places])
    clear = np.ptp(stack, axis=(1, 2)) > _CLEAR
    for edge in (stack[:, 0], stack[:, -1], stack[:, :, 0], stack[:, :, -1]):
        clear &= edge.mean(axis=1) < _DARK
    kept = np.array(places)[clear]
    prepared[kept] = stack[clear]
    return set(kept.tolist())


def _levels(item: bytes | Pixels) -> tuple[Levels, tuple[str, ...]]:
    return levels.of_file(item) if isinstance(item, bytes) else levels.of_pixels(item)
