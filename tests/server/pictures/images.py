"""Pictures of simple shapes, as files."""

import io
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 28

# An upright stroke, white on black: 4 of 28 columns over 20 of 28 rows, a tenth of the picture.
BAR = np.zeros((SIDE, SIDE), np.uint8)
BAR[4:24, 12:16] = 255
BAR_MEAN = 4 * 20 / SIDE**2

# Half of the picture is white: 20 of 28 columns and rows.
BLOCK = np.zeros((SIDE, SIDE), np.uint8)
BLOCK[4:24, 4:24] = 255
BLOCK_MEAN = 20 * 20 / SIDE**2


def png(pixels: NDArray[np.uint8] = BAR) -> bytes:
    return written(Image.fromarray(pixels), "PNG")


def jpeg(pixels: NDArray[np.uint8] = BAR) -> bytes:
    return written(Image.fromarray(pixels), "JPEG")


def written(picture: Image.Image, form: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


def base64(data: bytes) -> str:
    return b64encode(data).decode()
