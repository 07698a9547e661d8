"""Pictures, as files or as the numbers of their pixels → the array that a graph takes, and what is said of each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.image import digit
from model.image.decode import PIXELS
from model.image.transforms import TRANSFORMS
from model.task import Picture
from server.errors import InvalidInput, TooManyPixels
from server.pictures import grayscale, numbered
from server.pictures.grayscale import Levels, Pixels

MAX_TRANSFORMED = 64
"""Pictures of one request that are brought into the model's form, which takes some milliseconds each."""

MAX_NUMBERS = 1 << 18
"""That they may be in that form, as many as FP32 takes for a MiB: a short file takes a model as long as a long one."""

_DARK, _CLEAR = (digit.DARK - 1) / digit.WHITE, (digit.FAINT + 1) / digit.WHITE
"""Of a border, and between the levels of grey: within what the transform takes as it is, without a word."""

Items = Sequence[bytes | Pixels] | Pixels


class Prepared(NamedTuple):
    """pictures: [n, height, width], 0 (black) to 1 (white); warnings: what is said of each."""

    pictures: NDArray[np.float32]
    warnings: list[tuple[str, ...]]


def of(picture: Picture, items: Items) -> Prepared:
    """Nothing of one item depends on another. Raises ServingError."""
    plain, taken = _as_they_are(picture, items)
    others = sorted(set(range(len(items))) - set(plain))
    _refuse_too_much(picture, items, others)
    prepared = np.empty((len(items), picture.height, picture.width), np.float32)
    prepared[plain] = taken
    warnings: list[tuple[str, ...]] = [()] * len(items)
    for place in others:
        with numbered.picture(place, len(items)):
            shades, said = _levels(items[place])
        prepared[place], more = TRANSFORMS[picture.transform](shades)
        warnings[place] = said + more
    return Prepared(prepared, warnings)


def _as_they_are(picture: Picture, items: Items) -> tuple[list[int], NDArray[np.float32]]:
    """The places of those that the transform would leave as they are, which for a scan is none; and these."""
    size = (picture.height, picture.width)
    fitting = [place for place, item in enumerate(items) if not isinstance(item, bytes) and item.shape == size]
    if not fitting or picture.transform != "digit":
        return [], np.empty((0, *size), np.float32)
    stack = items if isinstance(items, np.ndarray) else np.stack([np.asarray(items[place]) for place in fitting])
    edges = (stack[:, 0], stack[:, -1], stack[:, :, 0], stack[:, :, -1])
    border = np.mean([edge.mean(axis=1) for edge in edges], axis=0)
    plain = (border < _DARK) & (np.ptp(stack, axis=(1, 2)) > _CLEAR)
    return np.array(fitting)[plain].tolist(), stack[plain]


def _refuse_too_much(picture: Picture, items: Items, others: Sequence[int]) -> None:
    most = max(1, min(MAX_TRANSFORMED, MAX_NUMBERS // (picture.height * picture.width)))
    if len(others) > most:
        raise InvalidInput(
            f"At most {most} pictures of a request are brought into the form of the model, and these are "
            f"{len(others)}; send fewer at a time."
        )
    sizes = [grayscale.pixels(item) for item in map(items.__getitem__, others) if isinstance(item, bytes)]
    if sum(size for size in sizes if size <= PIXELS) > PIXELS:  # of a single one that has more, the decoder says so
        raise TooManyPixels("The pictures have too many pixels together; send fewer at a time.")


def _levels(item: bytes | Pixels) -> tuple[Levels, tuple[str, ...]]:
    return grayscale.of_file(item) if isinstance(item, bytes) else grayscale.of_pixels(item)
