import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.image import jpeg
from model.image import png as png_file
from model.image.decode import ImageError, grey
from tests.model.image.files import PICTURE, SHADES, chunk, encoded, png, with_chunks


def refusal(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        grey(data)
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
        (encoded(PICTURE, "ICO"), "an icon"),
    ],
)
def test_other_formats_are_refused_by_name(data: bytes, name: str) -> None:
    error = refusal(data)
    assert error.kind == "unsupported"
    assert error.sentence == str(error) == f"The picture is {name}; send it as JPEG or PNG."


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x89PNG", b"hello", bytes(1000), b"<html></html>"])
def test_what_is_no_picture_is_told(data: bytes) -> None:
    error = refusal(data)
    assert error.kind == "broken"
    assert "not a picture" in error.sentence


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_cut_short_anywhere_is_broken(form: str) -> None:
    data = encoded(PICTURE, form)
    for length in range(8, len(data) - 2, max(1, len(data) // 100)):
        error = refusal(data[:length])
        assert error.kind == "broken"
        assert form in error.sentence


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_no_spoilt_byte_raises_anything_else(form: str) -> None:
    data = encoded(PICTURE, form)
    random = np.random.default_rng(0)
    for _ in range(400):
        spoilt = bytearray(data)
        for place in random.integers(2, len(data), 3):
            spoilt[place] = random.integers(0, 256)
        with suppress(ImageError):
            assert grey(bytes(spoilt))[0].ndim == 2


def test_the_sentence_of_a_broken_picture_says_nothing_of_the_inside() -> None:
    data = encoded(PICTURE, "PNG")
    spoilt = data.replace(b"IDAT", b"IDAT", 1)[:60] + bytes([data[60] ^ 1]) + data[61:]
    assert refusal(spoilt).sentence == "The PNG picture is broken or cut short; it cannot be read."


def huge_jpeg(width: int, height: int) -> bytes:
    """A small JPEG whose frame says another size."""
    data = encoded(Image.new("L", (8, 8)), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def many_scans() -> bytes:
    """A progressive JPEG whose last scan comes a hundred times."""
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
def test_a_bomb_is_refused_for_its_pixels(name: str) -> None:
    error = refusal(BOMBS[name]())
    assert error.kind == "pixels"
    assert "pixels" in error.sentence


def text_bomb(name: bytes, before: bytes) -> bytes:
    """A picture with 20 MB of text in 20 kB."""
    return with_chunks(encoded(PICTURE, "PNG"), chunk(name, before + zlib.compress(bytes(20_000_000), 9)))


HARMLESS: dict[str, Callable[[], bytes]] = {
    "zTXt": lambda: text_bomb(b"zTXt", b"k\0\0"),
    "iTXt": lambda: text_bomb(b"iTXt", b"k\0\1\0\0\0"),
    "iCCP": lambda: text_bomb(b"iCCP", b"k\0\0"),
    "a large chunk": lambda: with_chunks(encoded(PICTURE, "PNG"), chunk(b"juNk", bytes(9_000_000))),
    "remarks": lambda: encoded(PICTURE, "JPEG").replace(
        b"\xff\xdb", b"\xff\xfe\xff\xff" + bytes(65533) + b"\xff\xdb", 1
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_decide_how_a_picture_looks_is_left_out(name: str) -> None:
    data = HARMLESS[name]()
    read = png_file.read(data) if data.startswith(png_file.SIGNATURE) else jpeg.read(data)
    assert len(read.essential) < 4_000
    assert np.abs(grey(data)[0].astype(int) - SHADES).max() < 60


def test_chunks_and_segments_without_end_are_broken() -> None:
    chunks = with_chunks(encoded(PICTURE, "PNG"), chunk(b"juNk", b"") * png_file.CHUNKS)
    assert refusal(chunks).kind == "broken"
    start = encoded(PICTURE, "JPEG")
    assert refusal(start[:2] + b"\xff\xfe\0\2" * jpeg.SEGMENTS + start[2:]).kind == "broken"


COST = """
import sys, time
from pathlib import Path
from model.image.decode import ImageError, grey
files = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
status = Path("/proc/self/status")
peak = lambda: next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
before, seconds = peak(), []
for data in files:
    started = time.process_time()
    try:
        grey(data)
    except ImageError:
        pass
    seconds.append(time.process_time() - started)
print((peak() - before) / 1024, max(seconds))
"""


@pytest.mark.slow
def test_a_bomb_costs_little(tmp_path: Path) -> None:
    for name, made in (BOMBS | HARMLESS).items():
        (tmp_path / name).write_bytes(made())
    command = [sys.executable, "-c", COST, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    mebibytes, seconds = map(float, done.stdout.split())
    assert mebibytes < 64
    assert seconds < 0.5  # 0.05 on a quiet core
