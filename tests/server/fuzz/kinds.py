"""Every kind of input, and the input of a seed and an index: the same at any time, on any machine."""

from collections.abc import Callable
from random import Random

from tests.server.fuzz import bodies, floods, good, heads, malformed, streams
from tests.server.fuzz.request import Input

KINDS: tuple[Callable[[Random], Input], ...] = (
    bodies.structure("plain", good.plain),
    bodies.structure("batch", good.batch),
    bodies.structure("V1", good.v1),
    bodies.structure("V2 JSON", good.v2_json),
    bodies.structure("V2 binary, structure", good.v2_binary),
    bodies.binary,
    bodies.text,
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
)


def make(seed: int, index: int) -> Input:
    """The kinds take turns."""
    return KINDS[index % len(KINDS)](Random(f"{seed}:{index}"))  # noqa: S311 (repeatable on purpose)
