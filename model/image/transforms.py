"""The image transforms by the names that `model.task.Picture` uses, and their use on files and on pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import digit, scan
from model.image.alarms import Transformed
from model.image.convert import MODES, Background, convert
from model.image.decode import decode_colours, decode_image
from model.image.formats import Encoded
from model.image.resize import draft_scale, resized
from model.task import Picture

Levels = NDArray[np.uint8]


class GreyTransform(NamedTuple):
    """How grey levels, [height, width], become the model's input.

    Attributes:
        prepare: Returns the input, [height, width].
        background: What shows through transparent parts: the colour of what is around the subject.
    """

    prepare: Callable[[Levels], Transformed]
    background: Background


TRANSFORMS: Mapping[str, GreyTransform] = {
    "digit": GreyTransform(digit.prepare, "white"),
    "scan": GreyTransform(scan.prepare, "black"),
}


def transform_file(picture: Picture, encoded: Encoded) -> Transformed:
    """Decode a file and bring it to the form that the model takes. Raises ImageError."""
    if picture.resize is None:
        transform = TRANSFORMS[picture.transform]
        return _grey(transform, *decode_image(encoded, transform.background))
    scale = draft_scale((encoded.width, encoded.height), picture.resize, picture.height, picture.width)
    decoded, notes = decode_colours(encoded, picture.channels, scale)
    return Transformed(resized(decoded, picture.resize, picture.height, picture.width), notes)


def transform_levels(picture: Picture, levels: Levels) -> Transformed:
    """Bring levels of 0 to 255, [height, width] or [height, width, channels], to the form that the model takes."""
    given = Image.fromarray(levels[:, :, 0] if levels.shape[2:] == (1,) else levels)
    if picture.resize is None:
        transform = TRANSFORMS[picture.transform]
        grey, notes = convert(given, "L", background=transform.background)
        return _grey(transform, np.asarray(grey), notes)
    converted, notes = convert(given, MODES[picture.channels])
    return Transformed(resized(converted, picture.resize, picture.height, picture.width), notes)


def _grey(transform: GreyTransform, grey: Levels, notes: tuple[str, ...]) -> Transformed:
    transformed = transform.prepare(grey)
    return transformed._replace(notes=(*notes, *transformed.notes))
