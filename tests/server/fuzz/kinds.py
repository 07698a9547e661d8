"""The kinds of input with faults outside the body. A seed and an index always give the same input."""

from collections.abc import Callable
from random import Random

from tests.server.fuzz import compressed, floods, heads, malformed, streams
from tests.server.fuzz.request import Input

KINDS: tuple[Callable[[Random], Input], ...] = (
    heads.headers,
    heads.methods_and_targets,
    floods.floods,
    streams.chunked,
    malformed.malformed,
    streams.mutated,
    streams.cut_off,
    streams.pipelined,
    streams.upgrade,
    streams.in_pieces,
    streams.garbage,
    compressed.compressed,
    compressed.badly_compressed,
)


def make(seed: int, index: int) -> Input:
    """Return the input of a seed and an index. The kinds take turns."""
    return KINDS[index % len(KINDS)](Random(f"{seed}:{index}"))  # noqa: S311 (repeatable on purpose)
