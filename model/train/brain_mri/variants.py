"""More test pictures for the brain MRI model: the same scans in other forms, and pictures without a scan."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from model.train.picture.evaluate import photographs

Grey = NDArray[np.uint8]

EXIF_ORIENTATION = 0x0112
ROTATE_CLOCKWISE = 6  # the value for a picture that must be rotated by 90° clockwise to be upright
EACH = 48  # pictures without a scan, of each kind
SIDE = 256  # pixels


def variants(scan: Image.Image) -> dict[str, bytes]:
    """Return a scan of mode L as other files; the last three have lost information."""
    margin = max(scan.size) // 3
    return {
        "black_margin": _encoded(ImageOps.expand(scan, margin), "JPEG", quality=95),
        "colour": _encoded(scan.convert("RGB"), "JPEG", quality=95),
        "cmyk": _encoded(scan.convert("RGB").convert("CMYK"), "JPEG", quality=95),
        "palette": _encoded(scan.quantize(256), "PNG"),
        "16_bits": _encoded(Image.fromarray(np.asarray(scan).astype(np.uint16) * 257), "PNG"),
        "turned_by_exif": _rotated(scan),
        "half_as_bright": _encoded(scan.point(lambda shade: shade // 2), "PNG"),
        "jpeg_quality_30": _encoded(scan, "JPEG", quality=30),
        "64_pixels": _encoded(_within(scan, 64), "PNG"),
    }


def without_scan(digits: Grey) -> dict[str, list[Grey]]:
    """Return pictures without a scan by kind; some of the handwritten digits [n, 28, 28] are one kind."""
    random = np.random.default_rng(0)
    return {
        "digits": [np.asarray(Image.fromarray(digit).resize((SIDE, SIDE))) for digit in digits[:EACH]],
        "photographs": photographs(random, EACH, SIDE),
        **{name: [draw(random) for _ in range(EACH)] for name, draw in DRAWN.items()},
    }


def _text(random: np.random.Generator) -> Grey:
    page = Image.new("L", (SIDE, SIDE), "white")
    letters = random.integers(ord("a"), ord("{"), (20, 40))
    ImageDraw.Draw(page).multiline_text((8, 8), "\n".join("".join(map(chr, line)) for line in letters), "black")
    return np.asarray(page)


def _gradient(random: np.random.Generator) -> Grey:
    rows, columns = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j]
    angle = random.uniform(0, 2 * np.pi)
    slope = rows * np.sin(angle) + columns * np.cos(angle)
    return np.asarray((slope - slope.min()) / np.ptp(slope) * 255, np.uint8)


def _noise(random: np.random.Generator) -> Grey:
    return random.integers(0, 256, (SIDE, SIDE), np.uint8)


def _disc(random: np.random.Generator) -> Grey:
    picture = Image.new("L", (SIDE, SIDE))
    left, top, *size = random.integers(20, 100, 4).tolist()
    ImageDraw.Draw(picture).ellipse((left, top, left + 40 + size[0], top + 40 + size[1]), int(random.integers(80, 256)))
    return np.asarray(picture)


DRAWN: Mapping[str, Callable[[np.random.Generator], Grey]] = {
    "text": _text,
    "gradients": _gradient,
    "noise": _noise,
    "discs": _disc,
}


def _encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def _rotated(scan: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = ROTATE_CLOCKWISE
    return _encoded(scan.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)


def _within(scan: Image.Image, side: int) -> Image.Image:
    small = scan.copy()
    small.thumbnail((side, side))
    return small
