"""Convert pictures of any colours to grey levels, from files or from numbers."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.image import decode
from model.image.formats import Encoded
from server.errors import InvalidInput, ServingError, TooManyPixels, UnsupportedMediaType

Pixels = NDArray[np.float32]  # [height, width] or [height, width, channels], from 0 (black) to 1
Levels = NDArray[np.uint8]  # [height, width]


def parse_file(data: bytes) -> Encoded:
    """Parse the headers of a file without decoding it. Raises InvalidInput, UnsupportedMediaType or TooManyPixels."""
    try:
        return decode.parse_image(data)
    except decode.ImageError as error:
        raise _refusal(error) from error


def from_file(encoded: Encoded) -> tuple[Levels, tuple[str, ...]]:
    """Return the grey levels and warnings about the conversion. Raises InvalidInput."""
    try:
        return decode.decode_image(encoded)
    except decode.ImageError as error:
        raise _refusal(error) from error


def from_pixels(pixels: Pixels) -> tuple[Levels, tuple[str, ...]]:
    """Return the grey levels and warnings about the conversion."""
    levels = np.rint(pixels * 255).astype(np.uint8)
    if levels.ndim == 2:  # noqa: PLR2004 (rows, columns)
        return levels, ()
    if levels.shape[2] == 1:
        return levels[:, :, 0], ()
    picture = Image.fromarray(levels)
    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return np.asarray(picture.convert("L")), (decode.COLOURED,)


def _refusal(error: decode.ImageError) -> ServingError:
    match error.kind:
        case "unsupported":
            return UnsupportedMediaType(error.sentence)
        case "pixels":
            return TooManyPixels(error.sentence)
        case "broken":
            return InvalidInput(error.sentence, "picture_format")
