"""JPEGs that no program writes: a few kilobytes for one shade at any size and in any number of scans."""

import struct
from collections.abc import Iterator, Sequence

BASELINE, PROGRESSIVE = 0xC0, 0xC2

_BLOCK = 8
_LONGEST_RUN = 32767
_LONGEST_RUNS_SIZE = 14


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def flat(
    width: int,
    height: int,
    components: int = 1,
    frame: int = BASELINE,
    scans: int = 0,
    extra: Sequence[bytes] = (),
) -> bytes:
    """Return a JPEG of one shade.

    Args:
        width: In pixels.
        height: In pixels.
        components: Colour channels.
        frame: The marker of the frame.
        scans: Those after the first, each of which goes over every block.
        extra: Segments before all others.
    """
    ids = range(1, components + 1)
    parts = [
        b"\xff\xd8",
        *extra,
        segment(0xDB, b"\0" + b"\1" * 64),
        segment(
            frame,
            struct.pack(">BHHB", 8, height, width, components) + b"".join(bytes([number, 0x11, 0]) for number in ids),
        ),
        *_tables(),
        _scan(ids, 0, 0 if frame == PROGRESSIVE else 63, _zeros(_blocks(width, height) * components, frame)),
    ]
    run = _runs(_blocks(width, height))
    parts += [_scan([1 + number % components], 1, 63, run) for number in range(scans)]
    return b"".join([*parts, b"\xff\xd9"])


def _blocks(width: int, height: int) -> int:
    return -(-width // _BLOCK) * -(-height // _BLOCK)


def _tables() -> Iterator[bytes]:
    """Yield Huffman tables: one DC code for no change, and AC codes for the end of a block and of a run of blocks."""
    yield segment(0xC4, b"\x00" + bytes([1, *[0] * 15]) + b"\0")
    yield segment(0xC4, b"\x10" + bytes([1, 1, *[0] * 14]) + bytes([0, _LONGEST_RUNS_SIZE << 4]))


def _scan(ids: Sequence[int], first: int, last: int, data: bytes) -> bytes:
    components = b"".join(bytes([number, 0]) for number in ids)
    return segment(0xDA, bytes([len(ids)]) + components + bytes([first, last, 0])) + data


def _zeros(blocks: int, frame: int) -> bytes:
    """Return a bit 0 for the DC of each block and, in a baseline frame, another for its end."""
    return bytes(-(-blocks * (1 if frame == PROGRESSIVE else 2) // 8))


def _runs(blocks: int) -> bytes:
    """Return empty blocks in the longest possible runs: the code 10 and 14 bits of length."""
    one = f"10{_LONGEST_RUN - (1 << _LONGEST_RUNS_SIZE):014b}"
    bits = one * -(-blocks // _LONGEST_RUN)
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
