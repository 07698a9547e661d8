"""What a soak asks: good requests of every kind, and one in a hundred that must be refused."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from loadtest.bench import request_spec
from loadtest.bench.models import Model
from loadtest.bench.request_spec import Ask

GOOD_TO_A_BAD_ONE = 99
SMALL_ROWS, LARGE_ROWS = 10, 1_000
LARGE_IN = 50
"""One good request in so many is large, and worked off beside the event loop."""
HEAD = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True)
class Expected:
    """A whole request, the status of its answer, and what its body begins with."""

    name: str
    request: bytes
    status: int
    body: bytes = b'{"error":'


def good(model: Model, port: int) -> list[Expected]:
    """Each with the answer that it got, checked to be right; the large one comes last. Raises WrongAnswer."""
    one, some, many = (model.sample(count) for count in (1, SMALL_ROWS, LARGE_ROWS))
    small = (
        request_spec.plain(one),
        request_spec.batch(some),
        request_spec.v1(some),
        request_spec.v2(some),
        request_spec.v2_binary(some),
    )
    return [Expected(ask.path, ask.http(), request_spec.OK, ask.check(port)) for ask in (*small, request_spec.v1(many))]


def bad(model: Model) -> list[Expected]:
    """Refused for what stands in their body, for what they ask, and for how they are sent."""
    ((values,), _) = model.sample(1)
    row = json.dumps(values)
    v2 = request_spec.v2(model.sample(2))
    binary = request_spec.v2_binary(model.sample(2))
    return [
        Expected("an empty body", _post(""), 400),
        Expected("broken JSON", _post(row[:-1]), 400),
        Expected("a field missing", _post('{"area_worst": 1}'), 400),
        Expected("a field twice", _post('{"area_worst": 1, ' + row[1:]), 400),
        Expected("not a number", _post(json.dumps({**values, "area_worst": math.nan})), 400),
        Expected("a string for a number", _post(json.dumps({**values, "area_worst": "1"})), 400),
        Expected("data and shape that disagree", _changed(v2, b"[2,", b"[3,"), 400),
        Expected("fewer bytes than the shape", _changed(binary, b"[2,", b"[3,"), 400),
        Expected("an unknown path", request_spec.get("/nothing"), 404),
        Expected("a wrong method", request_spec.get("/predict"), 405),
        Expected("another content type", _post(row).replace(b"application/json", b"text/plain"), 415),
        Expected("a compressed body", _post(row, "Content-Encoding: gzip\r\n"), 415),
        Expected("too long a body", f"{HEAD}Content-Length: 99999999\r\n\r\n".encode(), 413),
        Expected("too long a URL", request_spec.get("/" + "a" * 9_000), 414),
        Expected("too long a head", _post(row, f"X-Long: {'a' * 40_000}\r\n"), 431),
        Expected("too many fields", _post(row, "X-Many: a\r\n" * 101), 431),
        Expected("no host", b"GET /health HTTP/1.1\r\n\r\n", 400),
        Expected("two lengths", _post(row, "Content-Length: 1\r\n"), 400),
        Expected("chunks and a length", _post(row, "Transfer-Encoding: chunked\r\n"), 400),
        Expected("no HTTP at all", b"HELLO\r\n\r\n", 400),
    ]


def lua(good: Sequence[Expected], bad: Sequence[Expected]) -> str:
    """The file that soak.lua reads: the requests, and an order in which each bad one comes once."""
    *small, large = range(1, len(good) + 1)
    next_small = cycle(small)
    order: list[int] = []
    for place in range(len(good) + 1, len(good) + len(bad) + 1):
        order += (next(next_small) if number % LARGE_IN else large for number in range(1, GOOD_TO_A_BAD_ONE + 1))
        order.append(place)
    described = ",\n".join(map(_entry, (*good, *bad)))
    return f"return {{asks = {{\n{described}}},\norder = {{{','.join(map(str, order))}}}}}\n"


def _post(body: str, more_fields: str = "") -> bytes:
    return f"{HEAD}{more_fields}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _changed(ask: Ask, what: bytes, to: bytes) -> bytes:
    return ask.http().replace(what, to, 1)


def _entry(one: Expected) -> str:
    texts = (f"{key} = {_quoted(text)}" for key, text in (("request", one.request), ("body", one.body)))
    return f"{{name = {_quoted(one.name.encode())}, status = {one.status}, {', '.join(texts)}}}"


def _quoted(text: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text) + '"'
