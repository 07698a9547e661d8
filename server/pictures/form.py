"""Parse a multipart/form-data body in memory. The file names that clients send are never looked at.

The parsing is python-multipart's. Its own FormParser and Starlette's request.form() write files to disk, but the
container's root is read-only.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from server.errors import InvalidInput

MAX_PARTS = 8

_SILENT = logging.Logger("silent", logging.CRITICAL + 1)  # the parser's own logger would write payloads to the log


def parse_form(body: bytes, content_type: bytes) -> Mapping[bytes, Sequence[bytes]]:
    """Return the values of each field by its name. Raises InvalidInput."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidInput(
            "The form's Content-Type has no boundary. Let the HTTP client write that header itself.", "form"
        )
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        parser.logger = _SILENT
        parser.write(body)
    except FormParserError as error:
        raise InvalidInput("The form is not valid multipart/form-data.", "form") from error
    if not reader.complete:
        raise InvalidInput("The form is cut short: its last boundary is missing.", "form")
    return reader.fields


class _Reader:
    def __init__(self) -> None:
        self.fields: dict[bytes, list[bytes]] = defaultdict(list)
        self.complete = False
        self._parts = 0
        self._header = self._value = b""
        self._name: bytes | None = None
        self._content: list[bytes] = []

    def callbacks(self) -> Mapping[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_begin": self._begin_header,
            "on_header_field": self._read_header,
            "on_header_value": self._read_value,
            "on_header_end": self._end_header,
            "on_part_data": self._read_content,
            "on_part_end": self._end,
            "on_end": self._end_form,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise InvalidInput(f"The form has more than {MAX_PARTS} fields.", "form")
        self._name, self._content = None, []

    def _begin_header(self) -> None:
        self._header = self._value = b""

    def _read_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name")

    def _read_content(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def _end(self) -> None:
        if self._name is None:
            raise InvalidInput("A part of the form has no name.", "form")
        self.fields[self._name].append(b"".join(self._content))

    def _end_form(self) -> None:
        self.complete = True
