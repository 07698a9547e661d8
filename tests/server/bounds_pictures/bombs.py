"""Requests within the size limit that are designed to cost as much as possible."""

import base64
import io
import json
import struct
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from PIL import Image

from tests.server.bounds_pictures import dicom, jpeg, png

CAP = 1 << 20

JSON, PNG, JPEG, DICOM = "application/json", "image/png", "image/jpeg", "application/dicom"
FORM = "multipart/form-data; boundary=b"
FILE = b'Content-Disposition: form-data; name="image_file"; filename="a.png"\r\n\r\n'


class Bomb(NamedTuple):
    """A request; {model} in the path stands for a model's name."""

    path: str
    content_type: str
    body: bytes


def bombs(side: int) -> Iterator[tuple[str, Bomb]]:
    """Yield name and request; `side` is that of the model's pictures, in pixels."""
    for name, content in _pngs():
        yield name, Bomb("/predict/{model}", PNG, content)
    for name, content in _jpegs():
        yield name, Bomb("/predict/{model}", JPEG, content)
    for name, content in dicom.bombs(CAP):
        yield name, Bomb("/predict/{model}", DICOM, content)
    for name, content in _forms():
        yield name, Bomb("/predict/{model}", FORM, content)
    for name, content in _objects():
        yield name, Bomb("/predict/{model}", JSON, content)
    for name, content in _batches(side):
        yield name, Bomb("/predict/{model}/batch", JSON, content)
    for name, content in chain(_files().items(), dicom.small()):
        yield f"V1: {name}", Bomb("/v1/models/{model}:predict", JSON, _instances(content))
        yield f"V2: {name}", Bomb("/v2/models/{model}/infer", JSON, _bytes_tensor(content))
    yield "V2: as many pictures as there is room for", Bomb("/v2/models/{model}/infer", JSON, _tensor(side))


def _pngs() -> Iterator[tuple[str, bytes]]:
    yield "PNG of 25 MP", png.flat(5000, 5000)
    yield "PNG of 25 MP, filtered", png.flat(5000, 5000, filtered=png.PAETH)
    yield "PNG of 25 MP, interlaced", png.flat(5000, 5000, filtered=png.PAETH, interlaced=True)
    yield "PNG of 25 MP, palette", png.flat(5000, 5000, png.PALETTE, filtered=png.PAETH, interlaced=True)
    yield "PNG of 20 MP, 16 bits", png.flat(4470, 4470, depth=16, filtered=png.PAETH, interlaced=True)
    yield "PNG of 25 MP, 1 bit", png.flat(5000, 5000, depth=1, filtered=png.PAETH, interlaced=True)
    yield "PNG of 12 MP, colour", png.flat(3460, 3460, png.RGB, filtered=png.PAETH, interlaced=True)
    yield "PNG of 12 MP, 16 bits of colour", png.flat(3460, 3460, png.RGB, 16, filtered=png.PAETH, interlaced=True)
    yield "PNG of 12 MP, transparent", png.flat(3460, 3460, png.RGBA, filtered=png.PAETH, interlaced=True)
    yield "PNG of 11 MP, transparent, not interlaced", png.flat(3750, 2990, png.RGBA, filtered=png.PAETH)
    yield "PNG of 13 MP, colour, not interlaced", png.flat(4450, 3000, png.RGB, filtered=png.PAETH)
    yield "PNG of 13 MP, colour, in long rows", png.flat(65_500, 205, png.RGB, filtered=png.PAETH)
    yield "PNG of 22 MP, 16 bits, not interlaced", png.flat(5000, 4490, depth=16, filtered=png.PAETH)
    yield "PNG of 25 MP in one row", png.flat(25_000_000, 1)
    yield "PNG of 25 MP in one column", png.flat(1, 25_000_000)
    yield "PNG of 25 MP in one column of colour", png.flat(1, 25_000_000, png.PALETTE)
    for step in (2, 4, 8, 16):
        yield f"PNG of dots, {step} apart", png.dotted(5000, step)
    for side in (250, 750, 1300):
        yield f"PNG of dots on {side} × {side}", png.dotted(side, 2)
    noise = np.random.default_rng(0).integers(0, 256, 2800 * 351, np.uint8).reshape(2800, 351)
    noise[:, 0] = 0  # PNG filter type: none
    yield "PNG of noise", png.whole(2800, 2800, png.GREY, 1, zlib.compress(noise.tobytes()), interlaced=False)
    small = png.flat(5, 5)
    yield "PNG that declares 2.5 GP", small.replace(struct.pack(">II", 5, 5), struct.pack(">II", 50_000, 50_000))
    packed = zlib.compress(bytes(300_000_000), 9)
    yield "PNG with more data than it declares", png.whole(100, 100, png.GREY, 8, packed, interlaced=False)
    for name, before in {b"iCCP": b"a\0\0", b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}.items():
        yield f"PNG with a large {name.decode()}", png.flat(99, 99, extra=[png.chunk(name, before + packed)])
    yield "PNG with EXIF of many entries", png.flat(99, 99, extra=[png.chunk(b"eXIf", _exif(1_000_000))])
    yield "PNG with 60,000 texts", png.flat(99, 99, extra=[png.chunk(b"tEXt", b"a\0b")] * 60_000)
    yield "PNG with 19,000 empty parts", png.flat(99, 99, extra=[png.chunk(b"IDAT", b"")] * 19_000)


def _jpegs() -> Iterator[tuple[str, bytes]]:
    for components in (1, 3, 4):
        yield f"JPEG of 25 MP, {components}", jpeg.flat(5000, 5000, components)
        yield f"JPEG of 25 MP, progressive, {components}", jpeg.flat(5000, 5000, components, jpeg.PROGRESSIVE)
        yield f"JPEG of 7 MP, progressive, {components}", jpeg.flat(2700, 2700, components, jpeg.PROGRESSIVE, scans=7)
        yield f"JPEG of 900 scans, {components}", jpeg.flat(245, 245, components, jpeg.PROGRESSIVE, scans=900)
        yield f"JPEG of many scans, {components}", jpeg.flat(5000, 5000, components, jpeg.PROGRESSIVE, scans=3000)
    yield "JPEG of 25 MP in long rows", jpeg.flat(65500, 381, 3)
    yield "JPEG of 25 MP in long columns", jpeg.flat(381, 65500, 3)
    profile = jpeg.segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000))
    yield "JPEG with a large profile", jpeg.flat(99, 99, extra=[profile] * 16)
    yield "JPEG with 200,000 comments", jpeg.flat(99, 99, extra=[jpeg.segment(0xFE, b"")] * 200_000)
    exif = jpeg.segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\1" * 60_000)
    yield "JPEG with large EXIF", jpeg.flat(99, 99, extra=[exif] * 16)
    yield "JPEG with EXIF of many entries", jpeg.flat(99, 99, extra=[jpeg.segment(0xE1, b"Exif\0\0" + _exif(65_000))])
    for unit in (b"\xff", b"\xff\0", b"\xff\xd0"):
        yield f"JPEG filled up with {unit.hex()}", jpeg.flat(99, 99)[:-2] + unit * (CAP // 2 // len(unit)) + b"\xff\xd9"
        yield f"JPEG that ends in {unit.hex()}", jpeg.flat(99, 99)[:-2] + unit * (CAP // 2 // len(unit))
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8))
    for progressive in (False, True):
        file = io.BytesIO()
        noise.save(file, "JPEG", quality=60, progressive=progressive)
        yield f"JPEG of noise, {'progressive' if progressive else 'baseline'}", file.getvalue()


def _forms() -> Iterator[tuple[str, bytes]]:
    yield "form of 100,000 parts", b"--b\r\n\r\n\r\n" * 100_000 + b"--b--\r\n"
    yield "form with 170,000 headers", b"--b\r\n" + b"a:b\r\n" * 170_000 + b"\r\n--b--\r\n"
    yield "form with a long name", b"--b\r\n" + b"a" * 1_000_000 + b":b\r\n\r\n--b--\r\n"
    yield (
        "form with a long header",
        b"--b\r\nContent-Disposition: form-data; name=" + b"a" * 1_000_000 + b"\r\n\r\n--b--\r\n",
    )
    options = b"; a=b" * 200_000
    yield "form with many options", b"--b\r\nContent-Disposition: form-data" + options + b"\r\n\r\n\r\n--b--\r\n"
    for unit in (b"\r\n--", b"\r\n-", b"\r", b"\r\n--a", b"-"):
        yield f"form of {unit!r}", b"--b\r\n" + FILE + unit * (1_000_000 // len(unit)) + b"\r\n--b--\r\n"


def _objects() -> Iterator[tuple[str, bytes]]:
    yield "base64 of PNG", json.dumps({"image": _base64(png.flat(5000, 5000)), "seen": True}).encode()
    yield "base64 of A", b'{"image":"%b"}' % (b"A" * 1_048_000)
    yield "base64 escaped", b'{"image":"%b"}' % (b"\\u0041" * 170_000)
    yield "base64 of a data: URL", b'{"image":"data:%b,"}' % (b"a" * 1_000_000)
    yield "a long link", b'{"url":"http://%b"}' % (b"a" * 1_000_000)
    yield "keys of a picture", b'{"image":"",%b}' % b",".join(b'"%x":0' % number for number in range(100_000))


def _batches(side: int) -> Iterator[tuple[str, bytes]]:
    for unit in (b"0", b"[]", b"[0]", b"[[0]]", b"[[[0]]]", b"[[0,0],[0,0]]", b"[[0.5,0.5],[0.5,0.5]]", b'""', b"{}"):
        yield f"x of {unit.decode()}", _listed(unit)
    yield "x of brackets", b'{"x":' + b"[" * 1_000_000 + b"]" * 40_000 + b"}"
    for name, unit in {"black": b"0", "white": b"9", "fractions": b"0.5"}.items():
        row = b"[" + b",".join([unit] * side) + b"]"
        yield f"x of {name} pictures", _listed(b"[" + b",".join([row] * side) + b"]")
        odd = b"[" + b",".join([unit] * 19) + b"]"
        yield f"x of {name} pictures of another size", _listed(b"[" + b",".join([odd] * 19) + b"]")
        colours = b"[" + b",".join([b"[%b,%b,%b]" % (unit, unit, unit)] * 11) + b"]"
        yield f"x of {name} pictures in colour", _listed(b"[" + b",".join([colours] * 11) + b"]")
    dots = [b"[" + b",".join(([b"0", b"9"] * 36)[:72] if row % 2 else [b"0"] * 72) + b"]" for row in range(72)]
    yield "x of dotted pictures", _listed(b"[" + b",".join(dots) + b"]")
    row = b"[" + b",".join([b"0"] * 700) + b"]"
    yield "x of one large picture", b'{"x":[' + b",".join([row] * 700) + b"]}"


def _files() -> dict[str, bytes]:
    """Return files; a request has as many copies of one as fit."""
    return {
        "dots": png.flat(1, 1),
        "dotted PNGs": png.dotted(250, 2).ljust(16_300, b"\0"),  # so that 48 fit
        "PNGs of 0.25 MP": png.flat(500, 500),
        "PNGs of 4 MP": png.flat(2000, 2000, filtered=png.PAETH, interlaced=True),
        "PNGs of 25 MP": png.flat(5000, 5000, filtered=png.PAETH, interlaced=True),
        "JPEGs of 4 MP": jpeg.flat(2000, 2000),
        "JPEGs of 25 MP": jpeg.flat(5000, 5000),
        "JPEGs with EXIF": jpeg.flat(99, 99, extra=[jpeg.segment(0xE1, b"Exif\0\0" + _exif(65_000))]),
        "JPEGs with a little EXIF": jpeg.flat(99, 99, extra=[jpeg.segment(0xE1, b"Exif\0\0" + _exif(2_410))]),
        "broken": png.flat(5000, 5000)[:-20],
    }


def _exif(size: int) -> bytes:
    """Return EXIF data with as many damaged entries as fit."""
    entries = b"".join(struct.pack(">HHII", tag, 7, 60_000, 0) for tag in range(min(size // 12, 65_535)))
    return (b"MM\0*" + struct.pack(">IH", 8, len(entries) // 12) + entries)[:size]


def _instances(file: bytes) -> bytes:
    one = b'{"b64":"%b"}' % _base64(file).encode()
    return b'{"instances":[%b]}' % b",".join([one] * ((CAP - 20) // (len(one) + 1)))


def _bytes_tensor(file: bytes) -> bytes:
    """Return a V2 request whose BYTES are base64, as in KServe's JSON."""
    one = b'"%b"' % _base64(file).encode()
    count = (CAP - 200) // (len(one) + 1)
    head = b'{"inputs":[{"name":"input","datatype":"BYTES","shape":[%d],"data":[' % count
    return head + b",".join([one] * count) + b"]}]}"


def _tensor(side: int) -> bytes:
    count = (CAP - 200) // 2 // side**2
    head = b'{"inputs":[{"name":"input","datatype":"FP32","shape":[%d,%d,%d],"data":[' % (count, side, side)
    return head + b",".join([b"0"] * (count * side**2)) + b"]}]}"


def _listed(unit: bytes) -> bytes:
    return b'{"x":[' + b",".join([unit] * ((CAP - 20) // (len(unit) + 1))) + b"]}"


def _base64(file: bytes) -> str:
    return base64.b64encode(file).decode()
