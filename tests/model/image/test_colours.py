"""Files of every form decode to the channels that a network takes, with the same care as to grey."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.image.convert import COLOURED, TRANSPARENT
from model.image.decode import decode_colours, parse_image
from model.image.errors import ImageError
from tests.model.image.files import encoded
from tests.model.image.test_resize import photograph

PICTURE = photograph(60, 40)
ORIENTATION = 0x0112


def decoded(data: bytes, channels: int = 3) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    picture, warnings = decode_colours(parse_image(data), channels, 1)
    return np.asarray(picture).astype(int), warnings


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_of_every_form_decodes_as_pillow_converts_it(mode: str, channels: int) -> None:
    picture = PICTURE.convert(mode)
    expected = picture.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    given, warnings = decoded(encoded(picture, "PNG"), channels)
    assert given.tolist() == np.asarray(expected).astype(int).tolist()
    assert warnings == ((COLOURED,) if channels == 1 and mode in ("P", "RGB", "RGBA") else ())


def test_sixteen_bits_keep_their_upper_eight() -> None:
    levels = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48) * 28
    given, _ = decoded(encoded(Image.fromarray(levels), "PNG"))
    assert given.tolist() == np.repeat(levels[:, :, None] >> 8, 3, axis=2).tolist()


def test_jpeg_of_every_form_decodes_as_pillow_does() -> None:
    for picture in (PICTURE, PICTURE.convert("L"), PICTURE.convert("CMYK")):
        for options in ({}, {"progressive": True}):
            data = encoded(picture, "JPEG", quality=90, **options)
            given, warnings = decoded(data)
            assert given.tolist() == np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int).tolist()
            assert warnings == ()


def test_transparent_parts_become_white_unless_the_network_takes_them() -> None:
    picture = PICTURE.convert("RGBA")
    picture.putalpha(Image.fromarray(np.tile(np.linspace(0, 255, 60), (40, 1)).astype(np.uint8)))
    white = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    given, warnings = decoded(encoded(picture, "PNG"))
    assert given.tolist() == np.asarray(white).astype(int).tolist()
    assert warnings == (TRANSPARENT["white"],)
    given, warnings = decoded(encoded(picture, "PNG"), 4)
    assert given.tolist() == np.asarray(picture).astype(int).tolist()
    assert warnings == ()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_is_turned_upright(orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(PICTURE, "PNG", exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert decoded(data)[0].tolist() == np.asarray(upright).astype(int).tolist()


def test_jpeg_too_large_for_memory_at_full_resolution_is_refused() -> None:
    data = encoded(Image.new("RGB", (4500, 3500)), "JPEG")
    with pytest.raises(ImageError, match="Send it smaller") as refused:
        decode_colours(parse_image(data), 3, 1)
    assert refused.value.kind == "pixels"
    assert decode_colours(parse_image(data), 3, 2)[0].size == (2250, 1750)


@pytest.mark.parametrize("mode", ["RGBA", "P", "I;16"])
def test_png_of_which_two_copies_are_too_large_for_memory_is_refused(mode: str) -> None:
    data = encoded(Image.new(mode, (4000, 3001)), "PNG")  # one copy is not
    with pytest.raises(ImageError, match="Send it smaller") as refused:
        decode_colours(parse_image(data), 3, 1)
    assert refused.value.kind == "pixels"


def test_large_png_in_the_networks_own_form_is_decoded() -> None:
    data = encoded(Image.new("RGB", (4000, 3000)), "PNG")
    assert decode_colours(parse_image(data), 3, 1)[0].size == (4000, 3000)


def test_broken_file_is_refused() -> None:
    data = encoded(PICTURE, "JPEG")
    with pytest.raises(ImageError, match="broken or cut short"):
        decode_colours(parse_image(data[:-200]), 3, 1)
