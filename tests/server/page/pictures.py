"""Picture files for the tests."""

import io

import numpy as np
from PIL import Image, ImageDraw

Point = tuple[float, float]


def stroke(start: Point, end: Point, form: str = "PNG", size: int = 100) -> bytes:
    """Return a white stroke on black. The points are fractions of width and height."""
    picture = Image.new("L", (size, size))
    line = [(size * x, size * y) for x, y in (start, end)]
    ImageDraw.Draw(picture).line(line, fill=255, width=max(1, size // 10))
    return encode(picture, form)


def lit(upper: int, lower: int, form: str = "JPEG") -> bytes:
    """Return a picture whose two halves have these grey levels."""
    shades = np.repeat(np.array([upper] * 100 + [lower] * 100, np.uint8)[:, None], 200, 1)
    return encode(Image.fromarray(shades), form)


def noise(width: int, height: int) -> bytes:
    """Return a PNG that does not compress: about one byte per pixel."""
    shades = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    return encode(Image.fromarray(shades), "PNG")


def encode(picture: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form)
    return buffer.getvalue()
