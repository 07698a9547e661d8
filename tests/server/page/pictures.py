"""Pictures as people have them on their disks."""

import io

import numpy as np
from PIL import Image, ImageDraw

Point = tuple[float, float]


def stroke(start: Point, end: Point, form: str = "PNG", size: int = 100) -> bytes:
    """White on black; the points are shares of its width and height."""
    picture = Image.new("L", (size, size))
    line = [(size * x, size * y) for x, y in (start, end)]
    ImageDraw.Draw(picture).line(line, fill=255, width=max(1, size // 10))
    return written(picture, form)


def lit(upper: int, lower: int, form: str = "JPEG") -> bytes:
    """The grey levels of two halves."""
    shades = np.repeat(np.array([upper] * 100 + [lower] * 100, np.uint8)[:, None], 200, 1)
    return written(Image.fromarray(shades), form)


def noise(width: int, height: int) -> bytes:
    """A PNG that does not compress: about a byte a pixel."""
    shades = np.random.default_rng(0).integers(0, 255, (height, width), np.uint8)
    return written(Image.fromarray(shades), "PNG")


def written(picture: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form)
    return buffer.getvalue()
