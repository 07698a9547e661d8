"""Recognises how a table is written as text: its encoding, what separates its columns, and its decimal mark."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

BLANKS = r"\s+"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}

UNNAMED = "Unnamed: "  # what pandas calls a column without a name, with its place

_HEAD = 1 << 16  # bytes that are looked at
_RECORDS = 200
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_COMMA = re.compile(r"[+-]?\d+,\d+")
_POINT = re.compile(r"[+-]?\d+\.\d+")


class TextFormat(NamedTuple):
    """How a table is written.

    Attributes:
        encoding: Python's name of the encoding.
        separator: As pandas takes it.
        decimal: "." or ",".
        padded: Whether blanks follow the separators.
        header: The names of the columns, as pandas has them.
    """

    encoding: str
    separator: str
    decimal: str
    padded: bool
    header: tuple[str, ...]

    def words(self) -> str:
        parts = [f"columns separated by {SEPARATORS[self.separator]}"]
        if self.decimal == ",":
            parts.append("decimal commas")
        if self.encoding not in ("utf-8", "utf-8-sig"):
            parts.append(self.encoding.upper().replace("CP", "Windows-"))
        return ", ".join(parts)


def recognise(data: bytes, expected: Collection[str]) -> TextFormat:
    """Return the format of a table with a header.

    Args:
        data: The whole file.
        expected: Names of columns that the table should have; what separates them separates the columns.

    Raises:
        ValueError: It is not text.
    """
    encoding = _encoding(data)
    text = codecs.getincrementaldecoder(encoding)().decode(data[:_HEAD])
    if len(data) > _HEAD:
        text = text[: text.rfind("\n") + 1] or text  # the last line may be cut
    found = {separator: list(islice(_records(text, separator), _RECORDS)) for separator in SEPARATORS}
    separator = max(found, key=lambda each: _fit(each, found[each], expected))
    header, *rows = found[separator] or [[]]
    fields = [field.strip() for row in rows for field in row]
    comma = separator != "," and any(map(_COMMA.fullmatch, fields)) and not any(map(_POINT.fullmatch, fields))
    stripped = [name.strip() for name in header]
    padded = stripped != header and not set(expected) & (set(header) - set(stripped))
    names = (name or f"{UNNAMED}{place}" for place, name in enumerate(stripped if padded else header))
    return TextFormat(encoding, separator, "," if comma else ".", padded, tuple(names))


def _encoding(data: bytes) -> str:
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return name
    head = data[:_HEAD]
    if b"\0" in head:
        # Of text in European languages, UTF-16 without a mark has a zero in every other byte.
        for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if zeros.count(0) > len(zeros) / 2:
                return name
        raise ValueError("it has bytes that text does not have")
    for name in ("utf-8", "cp1252"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def _records(text: str, separator: str) -> Iterator[list[str]]:
    if separator == BLANKS:
        yield from (line.split() for line in text.splitlines() if line.strip())
        return
    with suppress(csv.Error):  # a quote that does not end: the records before it tell enough
        yield from filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _fit(separator: str, records: list[list[str]], expected: Collection[str]) -> tuple[int, bool, bool, int]:
    """Return how well a separator fits: the expected names found, whether rows are as long as the header, its length.

    Blanks are the last choice, since they also separate words.
    """
    if not records:
        return (0, False, False, 0)
    header, *rows = records
    # R writes no name above the names of the rows.
    regular = len(header) > 1 and {len(row) - len(header) for row in rows} <= {0, 1}
    named = len({name.strip() for name in header} & set(expected))
    return (named, regular, separator != BLANKS, len(header))
