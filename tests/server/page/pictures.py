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
    """Return a picture whose two halves have these grey levels at the left, and fade to the right."""
    shades = np.repeat([upper, lower], 100)[:, None] * np.linspace(1, 0.6, 200)
    return encode(Image.fromarray(shades.astype(np.uint8)), form)


def blank(form: str) -> bytes:
    """Return a grey picture without anything in it."""
    return encode(Image.new("L", (200, 200), 128), form)


def noise(width: int, height: int) -> bytes:
    """Return a PNG that does not compress: about one byte per pixel."""
    shades = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    return encode(Image.fromarray(shades), "PNG")


def encode(picture: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form)
    return buffer.getvalue()
