import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from model.image.decode import decode_image, parse_image, read_image
from model.image.formats import ANIMATED
from tests.model.image.files import PICTURE, SHADES, chunk, encoded, png, with_chunks

ORIENTATION = 0x0112


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
def test_grey_pictures_of_every_form_decode_without_warning(data: bytes, tolerance: int) -> None:
    shades, warnings = read_image(data)
    assert close(shades, SHADES, tolerance)
    assert shades.dtype == np.uint8
    assert warnings == ()


def test_one_bit_per_pixel_decodes_to_black_and_white() -> None:
    shades, warnings = read_image(encoded(PICTURE.point(lambda level: 255 * (level > 127)).convert("1"), "PNG"))
    assert close(shades, np.where(SHADES > 127, 255, 0).astype(np.uint8))
    assert warnings == ()


@pytest.mark.parametrize(("depth", "white"), [(2, 3), (4, 15)])
def test_two_and_four_bits_per_pixel_reach_white(depth: int, white: int) -> None:
    rows = zlib.compress(bytes([0, white << (8 - depth)]) * 2)
    assert read_image(png(1, 2, depth, 0, chunk(b"IDAT", rows)))[0].tolist() == [[255], [255]]


def test_the_adobe_segment_decides_the_colour_transform() -> None:
    cmyk = encoded(PICTURE.convert("CMYK"), "JPEG", quality=95)
    place = cmyk.index(b"Adobe") + 11
    ycck = cmyk[:place] + b"\x02" + cmyk[place + 1 :]
    assert not close(read_image(ycck)[0], read_image(cmyk)[0], 20)


UPRIGHT = Image.Transpose
TURNED = {
    1: None,
    2: UPRIGHT.FLIP_LEFT_RIGHT,
    3: UPRIGHT.ROTATE_180,
    4: UPRIGHT.FLIP_TOP_BOTTOM,
    5: UPRIGHT.TRANSPOSE,
    6: UPRIGHT.ROTATE_90,  # how the camera was held; the decoder has to do the reverse
    7: UPRIGHT.TRANSVERSE,
    8: UPRIGHT.ROTATE_270,
}


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation_turns_the_picture_upright(orientation: int, form: str) -> None:
    turn = TURNED[orientation]
    held = PICTURE if turn is None else PICTURE.transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    shades, warnings = read_image(encoded(held, form, exif=exif))
    assert close(shades, SHADES, 60)  # a JPEG blurs the corner
    assert warnings == ()


def test_little_endian_exif_is_read() -> None:
    exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"
    data = with_chunks(encoded(PICTURE.transpose(UPRIGHT.ROTATE_180), "PNG"), chunk(b"eXIf", exif))
    assert close(read_image(data)[0], SHADES)


@pytest.mark.parametrize(
    "exif",
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
def test_damaged_exif_is_ignored(exif: bytes) -> None:
    assert close(read_image(with_chunks(encoded(PICTURE, "PNG"), chunk(b"eXIf", exif)))[0], SHADES)


def test_the_first_frame_of_an_animation_is_used_with_a_warning() -> None:
    data = encoded(PICTURE, "PNG", save_all=True, append_images=[Image.new("L", PICTURE.size)])
    shades, warnings = read_image(data)
    assert close(shades, SHADES)
    assert warnings == (ANIMATED,)


def test_large_pictures_are_read_at_reduced_resolution() -> None:
    large = PICTURE.resize((3000, 2000), Image.Resampling.NEAREST)
    for data in (encoded(large, "PNG"), encoded(large, "JPEG"), encoded(large.convert("RGBA"), "PNG")):
        shades, _ = read_image(data)
        assert shades.shape == (1000, 1500)
        assert close(np.asarray(Image.fromarray(shades).reduce(25)), SHADES, 6)


@pytest.mark.parametrize(
    ("mode", "size"),
    [
        ("RGBA", (3840, 2160)),
        ("RGBA", (4000, 2750)),
        ("RGB", (4100, 2700)),
        ("I;16", (5000, 4400)),
    ],
)
def test_large_drawings_are_decoded(mode: str, size: tuple[int, int]) -> None:
    drawn = Image.new(mode, size)
    drawn.paste(255 if mode == "I;16" else "white", (0, 0, size[0] // 2, size[1]))
    shades, _ = decode_image(parse_image(encoded(drawn, "PNG", compress_level=1)), "black")
    assert (shades[0, 0], shades[0, -1]) == (255, 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_any_shape_is_decoded(shape: tuple[int, int], form: str) -> None:
    assert read_image(encoded(Image.new("L", shape[::-1], 200), form))[0].shape == shape
