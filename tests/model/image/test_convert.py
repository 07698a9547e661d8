"""Colours, transparency and 16 bits, as files have them, become grey levels of 8 bits."""

import zlib

import numpy as np
import pytest
from PIL import Image

from model.image.convert import COLOURED, STRETCHED, TRANSPARENT
from model.image.decode import decode_image, parse_image, read_image
from tests.model.image.files import chunk, encoded, png, with_chunks

RED = Image.new("RGB", (60, 40), (255, 0, 0))
RED_LUMA = 76


def test_16_bit_colour_keeps_the_upper_8_bits() -> None:
    rows = zlib.compress(bytes([0, 0x80, 0xFF, 0x80, 0x01, 0x80, 0x00]))
    assert read_image(png(1, 1, 16, 2, chunk(b"IDAT", rows)))[0].tolist() == [[0x80]]


def in_16_bits(values: list[int], significant: int | None = None) -> bytes:
    """Return a PNG of one row, which may say how many bits are significant."""
    file = encoded(Image.fromarray(np.array([values], np.uint16)), "PNG")
    return file if significant is None else with_chunks(file, chunk(b"sBIT", bytes([significant])))


@pytest.mark.parametrize(
    ("largest", "significant", "bits"),
    [
        (255, None, 8),
        (256, None, 10),
        (1023, None, 10),
        (1024, None, 12),
        (4095, None, 12),
        (4096, None, 16),
        (1023, 12, 12),
        (8191, 13, 13),
        (8192, 13, 16),  # the values are scaled to 16 bits, as the PNG specification says
        (255, 16, 16),
        (1023, 3, 10),  # fewer than the 8 bits that remain
    ],
)
def test_16_bits_of_which_fewer_are_used_are_stretched_with_a_note(
    largest: int, significant: int | None, bits: int
) -> None:
    values = [0, largest // 2, largest]
    shades, notes = read_image(in_16_bits(values, significant))
    assert shades.tolist() == [[value >> (bits - 8) for value in values]]
    assert notes == ((STRETCHED,) if bits < 16 else ())


def test_a_large_picture_is_stretched_by_its_largest_value_wherever_it_is() -> None:
    levels = np.full((2000, 2000), 300, np.uint16)
    levels[1990:] = 3000
    shades, notes = read_image(encoded(Image.fromarray(levels), "PNG"))
    assert (shades[0, 0], shades[-1, 0]) == (300 >> 4, 3000 >> 4)
    assert notes == (STRETCHED,)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_colour_becomes_luma_with_a_warning(form: str) -> None:
    shades, warnings = read_image(encoded(RED, form))
    assert abs(int(shades.mean()) - RED_LUMA) <= 1
    assert warnings == (COLOURED,)


def test_coloured_palette_and_cmyk_get_the_colour_warning() -> None:
    assert read_image(encoded(RED.convert("P"), "PNG"))[1] == (COLOURED,)
    shades, warnings = read_image(encoded(RED.convert("CMYK"), "JPEG"))
    assert abs(int(shades.mean()) - RED_LUMA) <= 2
    assert warnings == (COLOURED,)


def test_a_single_coloured_pixel_gets_no_colour_warning() -> None:
    picture = Image.new("RGB", (200, 200), "white")
    picture.putpixel((100, 100), (255, 0, 0))
    assert read_image(encoded(picture, "PNG"))[1] == ()


def transparent_palette() -> bytes:
    picture = Image.new("P", (2, 1))
    picture.putpalette([0, 0, 0, 10, 10, 10])
    picture.putdata([0, 1])
    return encoded(picture, "PNG", transparency=0)


@pytest.mark.parametrize(
    "data",
    [
        encoded(Image.frombytes("RGBA", (2, 1), bytes([0, 0, 0, 0, 10, 10, 10, 255])), "PNG"),
        encoded(Image.frombytes("LA", (2, 1), bytes([0, 0, 10, 255])), "PNG"),
        encoded(Image.frombytes("L", (2, 1), bytes([0, 10])), "PNG", transparency=0),
        encoded(Image.frombytes("RGB", (2, 1), bytes([0, 0, 0, 10, 10, 10])), "PNG", transparency=(0, 0, 0)),
        transparent_palette(),
        encoded(Image.fromarray(np.array([[60_000, 10 << 8]], np.uint16)), "PNG", transparency=60_000),
    ],
    ids=["RGBA", "LA", "L with a key", "RGB with a key", "P with a key", "16 bits with a key"],
)
def test_transparent_pixels_become_the_background_with_a_warning(data: bytes) -> None:
    shades, warnings = read_image(data)
    assert shades.tolist() == [[255, 10]]
    assert warnings == (TRANSPARENT["white"],)
    shades, warnings = decode_image(parse_image(data), "black")
    assert shades.tolist() == [[0, 10]]
    assert warnings == (TRANSPARENT["black"],)


def test_half_transparent_black_becomes_mid_grey() -> None:
    shades, _ = read_image(encoded(Image.new("RGBA", (3, 3), (0, 0, 0, 128)), "PNG"))
    assert abs(int(shades[0, 0]) - 127) <= 1
