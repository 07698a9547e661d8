import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.image.decode import grey
from tests.model.image.files import PICTURE, SHADES, chunk, encoded, png, with_chunks

COLOUR = ("The picture is in colour; it was turned grey.",)
TRANSPARENT = "The picture has transparent parts; they were taken as white."
ORIENTATION = 0x0112

RED = Image.new("RGB", (60, 40), (255, 0, 0))
RED_LUMA = 76


def close(shades: NDArray[np.uint8], expected: NDArray[np.uint8], tolerance: int = 0) -> bool:
    return shades.shape == expected.shape and int(np.abs(shades.astype(int) - expected).max()) <= tolerance


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        (encoded(PICTURE, "PNG"), 0),
        (encoded(PICTURE.convert("RGB"), "PNG"), 0),
        (encoded(PICTURE.convert("P"), "PNG"), 0),
        (encoded(PICTURE.convert("RGBA"), "PNG"), 0),
        (encoded(PICTURE.convert("LA"), "PNG"), 0),
        (encoded(Image.fromarray(SHADES.astype(np.uint16) * 257), "PNG"), 0),
        (encoded(PICTURE, "JPEG", quality=95), 8),
        (encoded(PICTURE.convert("RGB"), "JPEG", quality=95), 8),
        (encoded(PICTURE.convert("RGB"), "JPEG", quality=95, progressive=True), 8),
        (encoded(PICTURE.convert("RGB"), "JPEG", quality=95, subsampling=0), 8),
        (encoded(PICTURE.convert("RGB").convert("CMYK"), "JPEG", quality=95), 8),
        (encoded(PICTURE, "JPEG", quality=95, restart_marker_blocks=1), 8),
        (encoded(PICTURE, "JPEG", quality=95, comment=b"\xff\xd9 \xff\xda" * 9), 8),
    ],
    ids=[
        "L",
        "RGB",
        "P",
        "RGBA",
        "LA",
        "16 bits",
        "jpeg",
        "jpeg RGB",
        "progressive",
        "4:4:4",
        "CMYK",
        "restarts",
        "comment",
    ],
)
def test_every_form_of_a_grey_picture_gives_its_shades_and_no_warning(data: bytes, tolerance: int) -> None:
    shades, warnings = grey(data)
    assert close(shades, SHADES, tolerance)
    assert shades.dtype == np.uint8
    assert warnings == ()


def test_one_bit_is_black_and_white() -> None:
    shades, warnings = grey(encoded(PICTURE.point(lambda level: 255 * (level > 127)).convert("1"), "PNG"))
    assert close(shades, np.where(SHADES > 127, 255, 0).astype(np.uint8))
    assert warnings == ()


@pytest.mark.parametrize(("depth", "white"), [(2, 3), (4, 15)])
def test_few_bits_go_up_to_white(depth: int, white: int) -> None:
    rows = zlib.compress(bytes([0, white << (8 - depth)]) * 2)
    assert grey(png(1, 2, depth, 0, chunk(b"IDAT", rows)))[0].tolist() == [[255], [255]]


def test_sixteen_bits_of_colour_are_their_upper_eight() -> None:
    rows = zlib.compress(bytes([0, 0x80, 0xFF, 0x80, 0x01, 0x80, 0x00]))
    assert grey(png(1, 1, 16, 2, chunk(b"IDAT", rows)))[0].tolist() == [[0x80]]


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_colour_is_its_luma_and_is_told(form: str) -> None:
    shades, warnings = grey(encoded(RED, form))
    assert abs(int(shades.mean()) - RED_LUMA) <= 1
    assert warnings == COLOUR


def test_a_palette_of_colours_and_cmyk_are_colours() -> None:
    assert grey(encoded(RED.convert("P"), "PNG"))[1] == COLOUR
    shades, warnings = grey(encoded(RED.convert("CMYK"), "JPEG"))
    assert abs(int(shades.mean()) - RED_LUMA) <= 2
    assert warnings == COLOUR


def test_what_adobe_notes_of_the_colours_is_heeded() -> None:
    cmyk = encoded(PICTURE.convert("CMYK"), "JPEG", quality=95)
    place = cmyk.index(b"Adobe") + 11
    ycck = cmyk[:place] + b"\x02" + cmyk[place + 1 :]
    assert not close(grey(ycck)[0], grey(cmyk)[0], 20)


def test_a_speck_of_colour_is_no_picture_in_colour() -> None:
    picture = Image.new("RGB", (200, 200), "white")
    picture.putpixel((100, 100), (255, 0, 0))
    assert grey(encoded(picture, "PNG"))[1] == ()


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
    ],
    ids=["RGBA", "LA", "L with a key", "RGB with a key", "P with a key"],
)
def test_what_is_transparent_is_white(data: bytes) -> None:
    shades, warnings = grey(data)
    assert shades.tolist() == [[255, 10]]
    assert warnings == (TRANSPARENT,)


def test_half_transparent_is_half_white() -> None:
    shades, _ = grey(encoded(Image.new("RGBA", (3, 3), (0, 0, 0, 128)), "PNG"))
    assert abs(int(shades[0, 0]) - 127) <= 1


UPRIGHT = Image.Transpose
TURNED = {
    1: None,
    2: UPRIGHT.FLIP_LEFT_RIGHT,
    3: UPRIGHT.ROTATE_180,
    4: UPRIGHT.FLIP_TOP_BOTTOM,
    5: UPRIGHT.TRANSPOSE,
    6: UPRIGHT.ROTATE_90,  # as the camera held it; what the note asks for is the reverse
    7: UPRIGHT.TRANSVERSE,
    8: UPRIGHT.ROTATE_270,
}


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", TURNED)
def test_a_picture_is_turned_upright(orientation: int, form: str) -> None:
    turn = TURNED[orientation]
    held = PICTURE if turn is None else PICTURE.transpose(turn)
    note = Image.Exif()
    note[ORIENTATION] = orientation
    shades, warnings = grey(encoded(held, form, exif=note))
    assert close(shades, SHADES, 60)  # a JPEG blurs the corner
    assert warnings == ()


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0",
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x01\0\x06\0\0",
        b"junk" * 9,
    ],
)
def test_a_broken_note_turns_nothing(note: bytes) -> None:
    assert close(grey(with_chunks(encoded(PICTURE, "PNG"), chunk(b"eXIf", note)))[0], SHADES)


def test_of_an_animated_picture_the_first_frame_is_seen() -> None:
    data = encoded(PICTURE, "PNG", save_all=True, append_images=[RED.convert("L")])
    shades, warnings = grey(data)
    assert close(shades, SHADES)
    assert warnings == ("The picture is animated; only its first frame was looked at.",)


def test_a_large_picture_is_taken_at_a_part_of_its_resolution() -> None:
    large = PICTURE.resize((3000, 2000), Image.Resampling.NEAREST)
    for data in (encoded(large, "PNG"), encoded(large, "JPEG"), encoded(large.convert("RGBA"), "PNG")):
        shades, _ = grey(data)
        assert shades.shape == (1000, 1500)
        assert close(np.asarray(Image.fromarray(shades).reduce(25)), SHADES, 6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_any_shape_is_read(shape: tuple[int, int], form: str) -> None:
    assert grey(encoded(Image.new("L", shape[::-1], 200), form))[0].shape == shape
