"""The image transforms by the names that `model.task.Picture` uses, and their use on files and on pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import digit, scan
from model.image.alarms import Transformed
from model.image.convert import MODES, convert
from model.image.decode import decode_colours, decode_image
from model.image.formats import Encoded
from model.image.resize import draft_scale, resized
from model.task import Picture

Levels = NDArray[np.uint8]

# Grey levels, [height, width] → the model's input, [height, width].
TRANSFORMS: Mapping[str, Callable[[Levels], Transformed]] = {"digit": digit.prepare, "scan": scan.prepare}


def transform_file(picture: Picture, encoded: Encoded) -> Transformed:
    """Decode a file and bring it to the form that the model takes. Raises ImageError."""
    if picture.resize is None:
        return _grey(picture, *decode_image(encoded))
    scale = draft_scale((encoded.width, encoded.height), picture.resize, picture.height, picture.width)
    decoded, notes = decode_colours(encoded, picture.channels, scale)
    return Transformed(resized(decoded, picture.resize, picture.height, picture.width), notes)


def transform_levels(picture: Picture, levels: Levels) -> Transformed:
    """Bring levels of 0 to 255, [height, width] or [height, width, channels], to the form that the model takes."""
    given = Image.fromarray(levels[:, :, 0] if levels.shape[2:] == (1,) else levels)
    converted, notes = convert(given, MODES[picture.channels])
    if picture.resize is None:
        return _grey(picture, np.asarray(converted), notes)
    return Transformed(resized(converted, picture.resize, picture.height, picture.width), notes)


def _grey(picture: Picture, grey: Levels, notes: tuple[str, ...]) -> Transformed:
    transformed = TRANSFORMS[picture.transform](grey)
    return transformed._replace(notes=(*notes, *transformed.notes))
