"""Draws pictures in rows, each with lines of text below it, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ACROSS = 5  # pictures in a row
SHOWN = 168  # pixels, the side of a picture: six times MNIST's
GAP = 12  # pixels
LETTERS = 15  # pixels
LEADING = 4  # pixels between lines


def sheet(pictures: Sequence[NDArray[Any]], texts: Sequence[str]) -> Image.Image:
    """Draw square pictures in 0–1 in rows of ACROSS; columns are as wide as the longest line of text."""
    font = ImageFont.load_default(LETTERS)
    ruler = ImageDraw.Draw(Image.new("L", (1, 1)))
    boxes = [ruler.multiline_textbbox((0, 0), text, font, spacing=LEADING) for text in texts]
    width = GAP + max(SHOWN, *(int(np.ceil(box[2])) for box in boxes))
    height = GAP + SHOWN + GAP // 2 + max(int(np.ceil(box[3])) for box in boxes)
    down = -(-len(pictures) // ACROSS)
    page = Image.new("L", (GAP + width * min(ACROSS, len(pictures)), GAP + height * down), "white")
    draw = ImageDraw.Draw(page)
    for place, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        row, column = divmod(place, ACROSS)
        left, top = GAP + column * width, GAP + row * height
        page.paste(_enlarged(picture), (left, top))
        draw.multiline_text((left, top + SHOWN + GAP // 2), text, "black", font, spacing=LEADING)
    return page


def _enlarged(picture: NDArray[Any]) -> Image.Image:
    """Enlarge without smoothing if the factor is whole: a small picture is clearer that way."""
    whole = SHOWN % len(picture) == 0
    smoothing = Image.Resampling.NEAREST if whole else Image.Resampling.BICUBIC
    return Image.fromarray(np.round(picture * 255).astype(np.uint8)).resize((SHOWN, SHOWN), smoothing)
