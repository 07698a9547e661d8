"""A head that is too long in any way gets a refusal that says so, and its connection is closed."""

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, conversation, request
from tests.server.socket.process import resident_bytes

pytestmark = pytest.mark.slow

KIB = 1024


def get(path: str = "/health/live", *fields: bytes) -> bytes:
    return request(path, b"", *fields, method="GET")


def fields(count: int) -> list[bytes]:
    """Return the fields that make a head of `count` fields together with Host."""
    return [b"X-%d: a" % number for number in range(count - 1)]


def sized(size: int) -> bytes:
    """Return a head of `size` bytes, the last CRLF included."""
    return get("/health/live", b"A: " + b"a" * (size - len(get("/health/live", b"A: "))))


PASSED = {
    "32 KiB in one field": sized(32 * KIB - 64),
    "32 KiB in many fields": get("/health/live", *[b"X-%02d: " % number + b"a" * 400 for number in range(79)]),
    "100 fields": get("/health/live", *fields(100)),
    "a URL of 8 KiB": get("/health/live?" + "a" * (8 * KIB - len("/health/live?"))),
}
REFUSED = {
    "a field of 32 KiB": (sized(32 * KIB + 64), 431),
    "a name of 32 KiB": (get("/health/live", b"A" * 32 * KIB + b": a"), 431),
    "fields of 32 KiB": (get("/health/live", *[b"X-%02d: " % number + b"a" * 400 for number in range(82)]), 431),
    "101 fields": (get("/health/live", *fields(101)), 431),
    "101 fields of the shortest": (get("/health/live", *[b"A:"] * 100), 431),
    "101 Cookies": (get("/health/live", *[b"Cookie: a=b"] * 100), 431),
    "200,000 fields": (get("/health/live", *[b"A: b"] * 200_000), 431),
    "a field of 10 MB": (get("/health/live", b"A: " + b"a" * 10_000_000), 431),
    "a field of 10 MB before a body": (request("/predict", b"{}", b"A: " + b"a" * 10_000_000), 431),
    "a URL of a byte over 8 KiB": (get("/health/live?" + "a" * (8 * KIB + 1 - len("/health/live?"))), 414),
    "a path of 8 KiB": (get("/" + "a" * 8 * KIB), 414),
    "a URL of 20 KiB": (get("/health/live?" + "a" * 20 * KIB), 414),
    "a URL of 1 MB": (get("/health/live?" + "a" * 1_000_000), 414),
}
SHORT = [name for name, (data, _) in REFUSED.items() if len(data) < 64 * KIB]
UNENDING = {
    "a name": (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A" * 1_000_000, 431),
    "a value": (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 1_000_000, 431),
    "fields": (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 200_000, 431),
    "a URL": (b"GET /" + b"a" * 1_000_000, 414),
    "a method": (b"G" * 1_000_000, 400),
}


@pytest.mark.parametrize("piece", [0, 1, 16 * KIB], ids=["at once", "byte by byte", "by 16 KiB"])
@pytest.mark.parametrize("name", PASSED)
def test_head_up_to_the_limit_is_accepted(served: Served, name: str, piece: int) -> None:
    with Caller(served.url) as caller:
        assert caller.send(PASSED[name], piece).answer().status == 200


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("piece", [0, 16 * KIB], ids=["at once", "by 16 KiB"])
def test_head_over_the_limit_is_refused_without_a_reset(served: Served, name: str, piece: int) -> None:
    data, status = REFUSED[name]
    with Caller(served.url) as caller:
        (answer,) = caller.send(data + PROBE, piece).rest()
    assert not caller.reset
    assert (answer.status, answer.closes) == (status, True)
    assert answer.error


@pytest.mark.parametrize("name", SHORT)
def test_head_over_the_limit_is_refused_byte_by_byte_too(served: Served, name: str) -> None:
    data, status = REFUSED[name]
    with Caller(served.url) as caller:
        (answer,) = caller.send(data + PROBE, 1).rest()
    assert (answer.status, answer.closes) == (status, True)


@pytest.mark.parametrize("name", UNENDING)
def test_endless_head_is_refused(served: Served, name: str) -> None:
    data, status = UNENDING[name]
    with Caller(served.url) as caller:
        (answer,) = caller.send(data, 16 * KIB).rest()
    assert answer.status in {status, 431}
    assert answer.closes


@pytest.mark.parametrize("name", REFUSED)
def test_request_before_a_long_head_is_answered_first(served: Served, name: str) -> None:
    data, status = REFUSED[name]
    assert [answer.status for answer in conversation(served.url, ROW + data)] == [200, status]


def test_hundred_requests_in_one_segment_are_not_one_long_head(served: Served) -> None:
    statuses: list[int] = []
    while len(statuses) < 100:
        with Caller(served.url) as caller:
            caller.send(sized(1000) * (100 - len(statuses)))
            for _ in range(100 - len(statuses)):
                answer = caller.answer()
                statuses.append(answer.status)
                if answer.closes:  # the server renews a connection now and then
                    break
    assert statuses == [200] * 100


def test_header_flood_leaks_no_memory(served: Served) -> None:
    before = 0
    for number in range(300):
        if number == 100:  # the first requests warm the server up
            before = resident_bytes(served)
        with Caller(served.url) as caller:
            assert caller.send(b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 4_000_000).rest()[0].status == 431
    assert resident_bytes(served) - before < 8 << 20
    assert ask(served.url, ROW).status == 200
