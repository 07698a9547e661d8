"""A picture's file, or the numbers of its pixels → its levels of grey, whatever its colours."""

import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import jpeg, png
from model.image.decode import ImageError, grey
from model.image.encoded import Encoded
from server.errors import InvalidInput, ServingError, TooManyPixels, UnsupportedMediaType

Pixels = NDArray[np.float32]
"""[height, width] or [height, width, channels], from 0 (black) to 1."""

Levels = NDArray[np.uint8]
"""[height, width]"""

COLOURED = "The picture is in colour; it was turned grey."

_ERRORS: dict[str, type[ServingError]] = {
    "unsupported": UnsupportedMediaType,
    "pixels": TooManyPixels,
    "broken": InvalidInput,
}


def pixels(data: bytes) -> int:
    """As many as a file says that it holds; of what is no picture none, for `of_file` to say so."""
    for form in (jpeg, png):
        if data.startswith(form.SIGNATURE):
            try:
                encoded: Encoded = form.read(data)
            except (ValueError, struct.error):
                return 0
            return encoded.width * encoded.height
    return 0


def of_file(data: bytes) -> tuple[Levels, tuple[str, ...]]:
    """And what there is to say of it. Raises InvalidInput, UnsupportedMediaType, TooManyPixels."""
    try:
        return grey(data)
    except ImageError as error:
        raise _ERRORS[error.kind](error.sentence) from error


def of_pixels(pixels: Pixels) -> tuple[Levels, tuple[str, ...]]:
    levels = np.rint(pixels * 255).astype(np.uint8)
    if levels.ndim == 2:  # noqa: PLR2004 (rows, columns)
        return levels, ()
    if levels.shape[2] == 1:
        return levels[:, :, 0], ()
    picture = Image.fromarray(levels)
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("L")), (COLOURED,)
