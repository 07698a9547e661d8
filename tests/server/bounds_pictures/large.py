"""Files and forms of up to 10 MiB, the default of MAX_PICTURE_BYTES, that are as expensive as such a body can be."""

import io
import zlib
from collections.abc import Iterator
from itertools import chain

import numpy as np
from PIL import Image, ImageFile

from tests.server.bounds_pictures import dicom, jpeg, png
from tests.server.bounds_pictures.bombs import DICOM, FILE, FORM, JPEG, PNG, Bomb

LARGE = 10 << 20


def large_bombs() -> Iterator[tuple[str, Bomb]]:
    """Yield name and request; {model} in the path stands for a model's name."""
    for name, content in chain(_noise(), _filled()):
        yield name, Bomb("/predict/{model}", JPEG, content)
    for name, content in _pngs():
        yield name, Bomb("/predict/{model}", PNG, content)
    for name, content in dicom.bombs(LARGE):
        yield name, Bomb("/predict/{model}", DICOM, content)
    for name, content in _forms():
        yield name, Bomb("/predict/{model}", FORM, content)


def _noise() -> Iterator[tuple[str, bytes]]:
    ImageFile.MAXBLOCK = 2 * LARGE  # Pillow writes no progressive JPEG that is longer
    for progressive in (False, True):
        noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (2300, 2300, 3), np.uint8))
        file = io.BytesIO()
        noise.save(file, "JPEG", quality=88, subsampling=0, progressive=progressive)
        yield f"JPEG of noise, {'progressive' if progressive else 'baseline'}", file.getvalue()


def _filled() -> Iterator[tuple[str, bytes]]:
    whole = jpeg.flat(99, 99)[:-2]
    for unit in (b"\xff", b"\xff\0", b"\xff\xd0", b"\0"):
        filled = whole + unit * (LARGE // len(unit) - len(whole))
        yield f"JPEG that ends in {unit.hex()}", filled
        yield f"JPEG filled up with {unit.hex()}", filled[:-2] + b"\xff\xd9"


def _pngs() -> Iterator[tuple[str, bytes]]:
    for name, colour, side in (("grey", png.GREY, 3100), ("colour", png.RGB, 1790)):
        noise = np.random.default_rng(0).integers(0, 256, (side, side * png.CHANNELS[colour] + 1), np.uint8)
        noise[:, 0] = png.PAETH
        yield (
            f"PNG of {name} noise",
            png.whole(side, side, colour, 8, zlib.compress(noise.tobytes(), 1), interlaced=False),
        )
    grain = np.random.default_rng(0).integers(0, 256, (2500, 3 * 3600 + 1), np.uint8)
    grain[:, 0] = png.PAETH
    grain[:, 3400:] = 0
    packed = zlib.compress(grain.tobytes(), 1)
    yield (
        "PNG of 9 MP, a third of it noise",
        png.whole(3600, 2500, png.RGB, 8, packed, interlaced=False),
    )
    yield "PNG with 600,000 texts", png.flat(99, 99, extra=[png.chunk(b"tEXt", b"a\0b")] * 600_000)


def _forms() -> Iterator[tuple[str, bytes]]:
    room = LARGE - 1000
    yield "form of parts", b"--b\r\n\r\n\r\n" * (room // 9) + b"--b--\r\n"
    yield "form of named parts", (b"--b\r\n" + FILE + b"\r\n") * (room // 80) + b"--b--\r\n"
    yield "form with headers", b"--b\r\n" + b"a:b\r\n" * (room // 5) + b"\r\n--b--\r\n"
    options = b"; a=b" * (room // 5)
    yield "form with many options", b"--b\r\nContent-Disposition: form-data" + options + b"\r\n\r\n\r\n--b--\r\n"
    for unit in (b"\r\n--", b"\r\n-", b"\r", b"\r\n--a", b"-"):
        yield f"form of {unit!r}", b"--b\r\n" + FILE + unit * (room // len(unit)) + b"\r\n--b--\r\n"
