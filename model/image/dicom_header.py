"""Read the few values of a DICOM header that tell how the pixels are stored and shown, with pydicom.

The other elements, among them the patient's name, are skipped, or dropped where they are in a sequence of undefined
length, which pydicom reads item by item: 8 MB of items take it 25 s. A list of character sets, which it interprets at
once, takes it 31 s and 667 MiB if it has 10 MB. So `Reader` limits what it reads, and both are refused after 0.07 s.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.filereader import read_dataset

from model.image.errors import ImageError, broken

MAX_READS = 5_000  # each of a tag, a length or a value, at 10 µs at most; a header has some hundred elements

PIXELS = 0x7FE00010
_FIRST_PIXELS = 0x7FE00008  # pixels as floating-point numbers, which come first

_HEAD, _CHARACTER_SET = 8, b"\x08\0\x05\0"  # bytes at the beginning of an element; those of the tag (0008,0005)
_LONGEST = 64  # bytes of a text
_LARGEST = 1e9  # of the numbers of a window and of the rescaling
_SHORT = 2  # bytes

# Both would bring values of the header to the log.
logging.getLogger("pydicom").disabled = True
warnings.filterwarnings("ignore", module=r"pydicom\b")


class Reader(io.BytesIO):
    """A file that may be read from MAX_READS times; each byte of a list of character sets counts as one."""

    reads = 0
    _at_character_set = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += (size or 0) if self._at_character_set else 1
        if self.reads > MAX_READS:
            raise _too_long()
        found = super().read(size)
        if size == _HEAD:
            self._at_character_set = found.startswith(_CHARACTER_SET)
        return found


@contextmanager
def reading(data: bytes, start: int) -> Iterator[Reader]:
    """Raise whatever goes wrong while a file is read as an ImageError."""
    file = Reader(data)
    file.seek(start)
    try:
        yield file
    except Exception as error:  # pydicom raises anything on broken data
        if file.reads > MAX_READS:
            raise _too_long() from error
        raise error if isinstance(error, ImageError) else broken("DICOM") from error
    if file.reads > MAX_READS:  # where pydicom takes any error for the end
        raise _too_long()


class Header:
    """The values of some elements, by their tags.

    They are read from their bytes, because pydicom warns about many that are usual.

    Args:
        file: Where the elements begin; afterwards where the pixels begin.
        implicit: Whether the elements do not say of which type they are.
        needed: The tags whose values are kept.
        group: The only group of tags to read; 0 for all up to the pixels.

    Attributes:
        pixels: Tag, length and place of the pixels; all 0 if there are none.
    """

    def __init__(self, file: Reader, *, implicit: bool, needed: list[int], group: int = 0) -> None:
        self.pixels = (0, 0, 0)

        def stop(tag: int, _type: str | None, length: int) -> bool:
            if tag >= _FIRST_PIXELS:
                self.pixels = (tag, length, file.tell())
            return tag >= _FIRST_PIXELS or (group > 0 and tag >> 16 != group)

        elements = read_dataset(file, implicit, True, stop_when=stop, specific_tags=list(needed))
        self._values = {int(element.tag): element.value for element in elements.elements()}

    def text(self, tag: int) -> str:
        """Return the first value; "" if there is none."""
        value = self._values.get(tag)
        return value[:_LONGEST].split(b"\\")[0].strip(b" \0").decode("ascii") if isinstance(value, bytes) else ""

    def whole(self, tag: int, default: int | None = None) -> int:
        """Return a number of 16 bits. Raises ValueError if there is neither one nor a default."""
        value = self._values.get(tag) or b""
        if not isinstance(value, bytes) or len(value) < _SHORT:
            if default is None or value:
                raise ValueError("A number that is needed is missing.")
            return default
        return int.from_bytes(value[:_SHORT], "little")

    def decimal(self, tag: int) -> float | None:
        """Return the first number that is written as a text. Raises ValueError if it is none, or absurdly large."""
        text = self.text(tag)
        number = float(text) if text else None
        if number is not None and not abs(number) <= _LARGEST:  # written so that NaN is refused too
            raise ValueError("A number is out of range.")
        return number


def _too_long() -> ImageError:
    return ImageError(
        "broken",
        "The header of the DICOM file has too many elements. Send a file of one picture, without private ones.",
    )
