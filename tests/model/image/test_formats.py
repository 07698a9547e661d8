import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.image import formats
from model.image.decode import read_image
from model.image.errors import ImageError
from tests.model.image.files import PICTURE, SHADES, chunk, encoded, png, with_chunks


def refusal(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        read_image(data)
    return caught.value


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (encoded(PICTURE, "GIF"), "a GIF"),
        (encoded(PICTURE, "WEBP"), "a WebP"),
        (encoded(PICTURE, "TIFF"), "a TIFF"),
        (encoded(PICTURE, "BMP"), "a BMP"),
        (encoded(PICTURE, "PDF"), "a PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b'<?xml version="1.0"?><svg/>', "an SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "an AVIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "a HEIC or an AVIF"),
        (encoded(PICTURE, "ICO"), "an icon"),
    ],
)
def test_other_formats_are_refused_by_name(data: bytes, name: str) -> None:
    error = refusal(data)
    assert error.kind == "unsupported"
    assert error.sentence == str(error) == f"The picture is {name}. Send a JPEG, a PNG or a DICOM file."


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\x89PNG", b"hello", b"BMW", b"\0\0\2\0", bytes(1000), b"<html></html>"]
)
def test_bytes_that_are_not_a_picture_are_refused(data: bytes) -> None:
    error = refusal(data)
    assert error.kind == "broken"
    assert "not a picture" in error.sentence


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_file_cut_short_anywhere_is_refused_as_broken(form: str) -> None:
    data = encoded(PICTURE, form)
    for length in range(8, len(data) - 2, max(1, len(data) // 100)):
        error = refusal(data[:length])
        assert error.kind == "broken"
        assert form in error.sentence


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_corrupt_bytes_raise_nothing_but_image_errors(form: str) -> None:
    data = encoded(PICTURE, form)
    random = np.random.default_rng(0)
    for _ in range(400):
        corrupt = bytearray(data)
        for place in random.integers(2, len(data), 3):
            corrupt[place] = random.integers(0, 256)
        with suppress(ImageError):
            assert read_image(bytes(corrupt))[0].ndim == 2


def test_the_refusal_of_a_broken_file_hides_decoder_details() -> None:
    data = encoded(PICTURE, "PNG")
    corrupt = data.replace(b"IDAT", b"IDAT", 1)[:60] + bytes([data[60] ^ 1]) + data[61:]
    assert refusal(corrupt).sentence == "The PNG file is broken or cut short. Send an intact one."


def huge_jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG whose frame header declares another size."""
    data = encoded(Image.new("L", (8, 8)), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def many_scans() -> bytes:
    """Return a progressive JPEG that repeats its last scan a hundred times."""
    data = encoded(Image.new("L", (1000, 1000)), "JPEG", progressive=True)
    place = data.rindex(b"\xff\xda")
    return data[:place] + data[place:-2] * 100 + data[-2:]


BOMBS: dict[str, Callable[[], bytes]] = {
    "pixels of a PNG": lambda: png(60_000, 60_000, 8, 6, chunk(b"IDAT", zlib.compress(bytes(10**7)))),
    "pixels of a JPEG": lambda: huge_jpeg(65_000, 65_000),
    "just over the cap": lambda: png(5_000, 5_001, 8, 0, chunk(b"IDAT", b"")),
    "colours of a PNG": lambda: png(4_000, 4_000, 8, 6, chunk(b"IDAT", zlib.compress(bytes(64_000_000 + 4_000)))),
    "a PNG of one column": lambda: png(1, 25_000_000, 8, 0, chunk(b"IDAT", zlib.compress(bytes(50_000_000)))),
    "a PNG of one row": lambda: png(25_000_000, 1, 8, 0, chunk(b"IDAT", zlib.compress(bytes(25_000_001)))),
    "a JPEG that may come in scans": lambda: huge_jpeg(5_000, 5_000).replace(b"\xff\xc0", b"\xff\xc2"),
    "scans of a JPEG": many_scans,
    "a large JPEG in few scans": lambda: encoded(Image.new("L", (3_000, 3_000)), "JPEG", progressive=True),
    "a large JPEG in scans": lambda: encoded(Image.new("RGB", (3_000, 3_000)), "JPEG", progressive=True),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_decompression_bomb_is_refused_for_its_pixels(name: str) -> None:
    error = refusal(BOMBS[name]())
    assert error.kind == "pixels"
    assert "pixels" in error.sentence


def text_bomb(name: bytes, before: bytes) -> bytes:
    """Return a PNG with 20 MB of text compressed to 20 kB."""
    return with_chunks(encoded(PICTURE, "PNG"), chunk(name, before + zlib.compress(bytes(20_000_000), 9)))


def exif_bomb(size: int) -> bytes:
    """Return EXIF data with as many damaged entries as fit, each of which Pillow warns about."""
    entries = b"".join(struct.pack(">HHII", tag, 7, 60_000, 0) for tag in range(min(size // 12, 65_535)))
    return (b"MM\0*" + struct.pack(">IH", 8, len(entries) // 12) + entries)[:size]


HARMLESS: dict[str, Callable[[], bytes]] = {
    "zTXt": lambda: text_bomb(b"zTXt", b"k\0\0"),
    "iTXt": lambda: text_bomb(b"iTXt", b"k\0\1\0\0\0"),
    "iCCP": lambda: text_bomb(b"iCCP", b"k\0\0"),
    "a large chunk": lambda: with_chunks(encoded(PICTURE, "PNG"), chunk(b"juNk", bytes(9_000_000))),
    "EXIF of a JPEG": lambda: encoded(PICTURE, "JPEG", exif=exif_bomb(65_000)),
    "short EXIF of a JPEG": lambda: encoded(PICTURE, "JPEG", exif=exif_bomb(2_410)),
    "EXIF of a PNG": lambda: with_chunks(encoded(PICTURE, "PNG"), chunk(b"eXIf", exif_bomb(1_000_000))),
    "comments": lambda: encoded(PICTURE, "JPEG").replace(
        b"\xff\xdb", b"\xff\xfe\xff\xff" + bytes(65533) + b"\xff\xdb", 1
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_parts_that_do_not_affect_the_pixels_never_reach_the_decoder(name: str) -> None:
    data = HARMLESS[name]()
    parse = formats.parse_png if data.startswith(formats.PNG_SIGNATURE) else formats.parse_jpeg
    assert len(parse(data).essential) < 4_000
    assert np.abs(read_image(data)[0].astype(int) - SHADES).max() < 60


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_fill_bytes_are_skipped_in_linear_time_and_not_decoded(end: bytes) -> None:
    data = encoded(PICTURE, "JPEG")
    filled = data[:-2] + b"\xff" * 30_000 + end
    began = time.process_time()
    assert len(formats.parse_jpeg(filled).essential) <= len(data)
    assert time.process_time() - began < 1  # 0.001; quadratic search takes 6


def test_endless_chunks_and_segments_are_refused_as_broken() -> None:
    chunks = with_chunks(encoded(PICTURE, "PNG"), chunk(b"juNk", b"") * formats.MAX_CHUNKS)
    assert refusal(chunks).kind == "broken"
    start = encoded(PICTURE, "JPEG")
    assert refusal(start[:2] + b"\xff\xfe\0\2" * formats.MAX_SEGMENTS + start[2:]).kind == "broken"


COST = """
import sys, time
from pathlib import Path
from model.image.decode import read_image
from model.image.errors import ImageError
files = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
status = Path("/proc/self/status")
peak = lambda: next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
before, seconds = peak(), []
for data in files:
    started = time.process_time()
    try:
        read_image(data)
    except ImageError:
        pass
    seconds.append(time.process_time() - started)
print((peak() - before) / 1024, max(seconds))
"""


@pytest.mark.slow
@pytest.mark.timing
def test_a_decompression_bomb_costs_little_time_and_memory(tmp_path: Path) -> None:
    for name, made in (BOMBS | HARMLESS).items():
        (tmp_path / name).write_bytes(made())
    command = [sys.executable, "-c", COST, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    mebibytes, seconds = map(float, done.stdout.split())
    assert mebibytes < 64
    assert seconds < 0.5  # 0.05 on a quiet core
    assert not done.stderr  # no warnings, which would be lines in the server's log
