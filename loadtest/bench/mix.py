"""The request mix of the soak test: valid requests of every kind, and one in a hundred that must be refused."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from loadtest.bench import request_spec
from loadtest.bench.request_spec import RequestSpec
from loadtest.bench.tabular_models import Model

VALID_PER_INVALID = 99
SMALL_ROWS, LARGE_ROWS = 10, 1_000
LARGE_EVERY = 50  # one valid request in this many is large, and leaves the event loop for a worker thread
HEAD = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@dataclass(frozen=True)
class Exchange:
    """A whole request, and the status and the beginning of the body of its response."""

    name: str
    request: bytes
    status: int
    body: bytes = b'{"error":'


def valid(model: Model, port: int) -> list[Exchange]:
    """Return requests with the responses that the server gave, the large one last.

    Raises:
        MeasurementError: a response is wrong.
    """
    one, some, many = (model.sample(count) for count in (1, SMALL_ROWS, LARGE_ROWS))
    small = (
        request_spec.predict(one),
        request_spec.predict_batch(some),
        request_spec.v1(some),
        request_spec.v2_json(some),
        request_spec.v2_binary(some),
    )
    specs = (*small, request_spec.v1(many))
    return [Exchange(spec.path, spec.http(), request_spec.OK, spec.check(port)) for spec in specs]


def invalid(model: Model) -> list[Exchange]:
    """Return requests that are refused for their body, their target or their framing."""
    ((values,), _) = model.sample(1)
    row = json.dumps(values)
    v2 = request_spec.v2_json(model.sample(2))
    binary = request_spec.v2_binary(model.sample(2))
    return [
        Exchange("empty body", _post(""), 400),
        Exchange("truncated JSON", _post(row[:-1]), 400),
        Exchange("missing field", _post('{"area_worst": 1}'), 400),
        Exchange("duplicate field", _post('{"area_worst": 1, ' + row[1:]), 400),
        Exchange("NaN", _post(json.dumps({**values, "area_worst": math.nan})), 400),
        Exchange("string instead of a number", _post(json.dumps({**values, "area_worst": "1"})), 400),
        Exchange("less data than the shape says", _replace(v2, b"[2,", b"[3,"), 400),
        Exchange("fewer bytes than the shape says", _replace(binary, b"[2,", b"[3,"), 400),
        Exchange("unknown path", request_spec.get("/nothing"), 404),
        Exchange("wrong method", request_spec.get("/predict"), 405),
        Exchange("wrong content type", _post(row).replace(b"application/json", b"text/plain"), 415),
        Exchange("damaged compressed body", _post(row, "Content-Encoding: gzip\r\n"), 400),
        Exchange("unknown compression", _post(row, "Content-Encoding: br\r\n"), 415),
        Exchange("body too large", f"{HEAD}Content-Length: 99999999\r\n\r\n".encode(), 413),
        Exchange("URL too long", request_spec.get("/" + "a" * 9_000), 414),
        Exchange("header too long", _post(row, f"X-Long: {'a' * 40_000}\r\n"), 431),
        Exchange("too many header fields", _post(row, "X-Many: a\r\n" * 101), 431),
        Exchange("no host", b"GET /health HTTP/1.1\r\n\r\n", 400),
        Exchange("two content lengths", _post(row, "Content-Length: 1\r\n"), 400),
        Exchange("chunked with a content length", _post(row, "Transfer-Encoding: chunked\r\n"), 400),
        Exchange("not HTTP", b"HELLO\r\n\r\n", 400),
    ]


def to_lua(valid: Sequence[Exchange], invalid: Sequence[Exchange]) -> str:
    """Return the file that soak.lua reads: the requests, and an order in which each invalid one comes once."""
    *small, large = range(1, len(valid) + 1)
    next_small = cycle(small)
    order: list[int] = []
    for place in range(len(valid) + 1, len(valid) + len(invalid) + 1):
        order += (next(next_small) if number % LARGE_EVERY else large for number in range(1, VALID_PER_INVALID + 1))
        order.append(place)
    entries = ",\n".join(map(_entry, (*valid, *invalid)))
    return f"return {{exchanges = {{\n{entries}}},\norder = {{{','.join(map(str, order))}}}}}\n"


def _post(body: str, more_fields: str = "") -> bytes:
    return f"{HEAD}{more_fields}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _replace(spec: RequestSpec, old: bytes, new: bytes) -> bytes:
    return spec.http().replace(old, new, 1)


def _entry(exchange: Exchange) -> str:
    texts = (f"{key} = {_quote(text)}" for key, text in (("request", exchange.request), ("body", exchange.body)))
    return f"{{name = {_quote(exchange.name.encode())}, status = {exchange.status}, {', '.join(texts)}}}"


def _quote(text: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text) + '"'
