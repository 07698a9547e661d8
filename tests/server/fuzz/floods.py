"""Requests that exceed one of the server's limits."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.server.fuzz.examples import valid_request
from tests.server.fuzz.request import Header, Input, Request, Then


def floods(random: Random) -> Input:
    name = random.choice(list(_FLOODS))
    flood, status = _FLOODS[name]
    return Input(name, flood(random, valid_request(random)).framed().wire(), then=Then.REFUSAL, status=status)


def _long(random: Random) -> bytes:
    return b"f" * random.choice((8200, 20_000, 30_000))


def _many(random: Random, least: int, size: int) -> list[Header]:
    return [(b"X-%d" % number, b"f" * size) for number in range(least + random.choice((0, 1, 50)))]


_FLOODS: dict[str, tuple[Callable[[Random, Request], Request], int]] = {
    "a head over 32 KiB": (lambda random, request: request.with_headers(*_many(random, 8, 6000)), 431),
    "a header over 32 KiB": (lambda _random, request: request.with_headers((b"X-Flood", b"f" * 40_000)), 431),
    "over 100 header fields": (lambda random, request: request.with_headers(*_many(random, 101, 1)), 431),
    "a URL over 8 KiB": (lambda random, request: replace(request, target=b"/" + _long(random)), 414),
    "a query over 8 KiB": (lambda random, request: replace(request, target=b"/predict?" + _long(random)), 414),
    "a body over the cap": (lambda _random, request: replace(request, body=request.body + b" " * 70_000), 413),
}
