"""Headers that would cost pydicom seconds are refused after as many reads as an honest header could need."""

import time

import pytest

from model.image.decode import read_image
from model.image.dicom_header import MAX_READS
from model.image.errors import ImageError
from tests.model.image.dicom_files import (
    DEFLATED,
    JPEG,
    REFERENCED,
    RLE,
    UNDEFINED,
    by_hand,
    element,
    end,
    grey_header,
    item,
    sequence,
)

MANY = 1_000_000
PIXELS = element(0x7FE00010, b"OW", bytes(2 * 8 * 8))
WHOLE = grey_header(8, 8) + PIXELS

CHARACTER_SETS = element(0x00080005, b"CS", b"ISO_IR 100\\" * 5_000)

ENDLESS = {
    "private elements": by_hand(element(0x00091001, b"LO", b"") * MANY, WHOLE),
    "items": by_hand(sequence(item() * MANY), WHOLE),
    "items with elements": by_hand(sequence(item(element(0x00091001, b"LO", b"a ")) * 500_000), WHOLE),
    "nested sequences": by_hand((element(REFERENCED, b"SQ", b"", UNDEFINED) + item(b"", UNDEFINED)) * 400_000),
    "sequences": by_hand(sequence(b"") * 500_000, WHOLE),
    "character sets": by_hand(CHARACTER_SETS, WHOLE),
    "character sets of a type that may be long": by_hand(element(0x00080005, b"UN", b"A\\" * MANY), WHOLE),
    "many short character sets": by_hand(element(0x00080005, b"CS", b"A\\B\\C\\D\\E\\") * 100_000, WHOLE),
    "character sets in an item": by_hand(sequence(item(CHARACTER_SETS)), WHOLE),
    "deflated elements": by_hand(element(0x00091001, b"LO", b"") * MANY, WHOLE, syntax=DEFLATED),
    "deflated zeros": by_hand(element(0x00091001, b"UN", bytes(300_000_000)), WHOLE, syntax=DEFLATED),
    "elements before the others": by_hand()[:132] + element(0x00020102, b"OB", b"") * MANY,
    "fragments of a JPEG": by_hand(
        grey_header(8, 8, 8), element(0x7FE00010, b"OB", item() * MANY + end(), UNDEFINED), syntax=JPEG
    ),
    "fragments of RLE": by_hand(
        grey_header(8, 8), element(0x7FE00010, b"OB", item() * MANY + end(), UNDEFINED), syntax=RLE
    ),
    "no end of a part": by_hand(element(0x00091001, b"OB", b"\xfe\xff\xdd" * 3_000_000, UNDEFINED)),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_header_is_refused_soon(name: str) -> None:
    read_image(by_hand(WHOLE))
    began = time.process_time()
    with pytest.raises(ImageError) as caught:
        read_image(ENDLESS[name])
    assert caught.value.kind == "broken"
    assert time.process_time() - began < 1  # 0.07; without the limit pydicom takes 25 and more for some


def test_a_header_of_a_thousand_elements_is_read() -> None:
    private = b"".join(element(0x00090000 + number, b"UN", b"abcd") for number in range(1_000, 2_000))
    items = sequence(item(element(0x00091001, b"LO", b"a ") * 5) * 100)
    assert read_image(by_hand(items, private, WHOLE))[0].shape == (8, 8)
    assert MAX_READS < 10_000
