"""Image files, valid and odd, for the tests of the decoder."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

# Dark on the left, light on the right, with a white corner at the top left that shows the orientation.
SHADES = np.repeat(np.linspace(20, 220, 60).astype(np.uint8)[None], 40, axis=0)
SHADES[:10, :10] = 255
PICTURE = Image.fromarray(SHADES)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, depth: int, colour: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def with_chunks(file: bytes, *chunks: bytes) -> bytes:
    """Insert chunks after the header of a PNG."""
    return file[:33] + b"".join(chunks) + file[33:]
