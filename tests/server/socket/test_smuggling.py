"""Ambiguous requests get one 400 and a closed connection. Odd but valid ones get one correct response."""

import json
import time

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, conversation, request

pytestmark = pytest.mark.slow

BODY = b'{"x": 3, "y": -1}'
CHUNKS = b"11\r\n" + BODY + b"\r\n0\r\n\r\n"


def post(*fields: bytes, body: bytes = BODY) -> bytes:
    """Return a prediction request in which `fields` must say where the body ends."""
    lines = (b"POST /predict HTTP/1.1", b"Host: h", b"Content-Type: application/json", *fields)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(chunks: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked", body=chunks)


def get(*fields: bytes) -> bytes:
    return request("/health/live", b"", *fields, method="GET")


LENGTHS = [b"+17", b"-17", b"-0", b"0x11", b"17,17", b"17, 17", b"17,", b"17 17", b"17;", b"17.0", b"1_7", b"1e1", b""]
LENGTHS += [b"\xd9\xa1\xd9\xa7", b"\xb2", b"17\x0b", b"17\x00", b"seventeen", b"1" * 40]
CODINGS = [b"identity", b"gzip", b"gzip, chunked", b"chunked, identity", b"chunked, chunked", b"chunked,", b", chunked"]
CODINGS += [b"xchunked", b"chunkedx", b"\x0bchunked", b"chunked\x0c", b"chunked\x00", b'"chunked"', b"chunked;q=1", b""]
CODINGS += [b"chunke", b"chunk\xc3\xa9d", b"x", b"chunked gzip"]
CHUNK_SIZES = [b"0x11", b"+11", b"-11", b"-1", b"", b" 11", b"1 1", b"1_1", b"11\x00", b"11\x0b", b"g", b"11,11"]
CHUNK_SIZES += [b"\xef\xbc\x91", b"10000000000000011", b"f" * 17, b"f" * 64, b"1" * 5000, b"\xb2", b"11\r"]
LINES = {
    "space before the colon": b"A : b",
    "tab before the colon": b"A\t: b",
    "no colon": b"A",
    "no name": b": b",
    "a folded line": b"A: b\r\n c",
    "a line folded by a tab": b"A: b\r\n\tc",
    "a bare CR in a value": b"A: b\rB: c",
    "a bare CR before the colon": b"A\r: b",
    "two CRs at the end": b"A: b\r",
    "a bare LF in a value": b"A: b\nB: c",
    "a NUL in a value": b"A: b\x00c",
    "a NUL in a name": b"A\x00B: c",
    "a control character in a value": b"A: b\x01c",
    "a DEL in a value": b"A: b\x7fc",
    "a space in a name": b"A B: c",
    "a bracket in a name": b"A(B): c",
    "a letter outside ASCII in a name": b"\xc3\x84: b",
}
REQUEST_LINES = {
    "HTTP/0.9": b"GET /health/live",
    "no target": b"GET HTTP/1.1",
    "no method": b"/health/live HTTP/1.1",
    "a tab": b"GET\t/health/live HTTP/1.1",
    "a space in the target": b"GET /health/live x HTTP/1.1",
    "a space at the end": b"GET /health/live HTTP/1.1 ",
    "a space before": b" GET /health/live HTTP/1.1",
    "a bare CR": b"GET /health\r/live HTTP/1.1",
    "a NUL": b"GET /health\x00/live HTTP/1.1",
    "a control character": b"GET /health\x1b/live HTTP/1.1",
    "a byte outside ASCII": b"GET /health/live\xff HTTP/1.1",
    "no slash before the path": b"GET health/live HTTP/1.1",
    "a method that is no word": b"G@T /health/live HTTP/1.1",
    "a small protocol name": b"GET /health/live http/1.1",
    "no protocol name": b"GET /health/live /1.1",
    "another protocol": b"GET /health/live ICY/1.1",
    "HTTP/1": b"GET /health/live HTTP/1",
    "HTTP/1.": b"GET /health/live HTTP/1.",
    "HTTP/11": b"GET /health/live HTTP/11",
    "HTTP/1.10": b"GET /health/live HTTP/1.10",
    "HTTP/01.1": b"GET /health/live HTTP/01.1",
    "HTTP/1,1": b"GET /health/live HTTP/1,1",
    "HTTP/2.0": b"GET /health/live HTTP/2.0",
    "HTTP/9.9": b"GET /health/live HTTP/9.9",
}
UPGRADE = (
    b"Connection: Upgrade, HTTP2-Settings",
    b"Upgrade: h2c",
    b"HTTP2-Settings: AAMAAABk",
)  # as sent by Java and curl
REFUSED = {
    "CL.TE": post(b"Content-Length: 17", b"Transfer-Encoding: chunked", body=CHUNKS),
    "TE.CL": post(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=CHUNKS),
    "a zero length and chunks": post(b"Content-Length: 0", b"Transfer-Encoding: chunked", body=CHUNKS),
    "two lengths alike": post(b"Content-Length: 17", b"Content-Length: 17"),
    "two lengths that differ": post(b"Content-Length: 0", b"Content-Length: 17"),
    "two lengths, one in small letters": post(b"content-length: 17", b"CONTENT-LENGTH: 17"),
    "two codings": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=CHUNKS),
    "chunked, then identity": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=CHUNKS),
    "chunks in HTTP/1.0": chunked(CHUNKS).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "chunks in a kept HTTP/1.0": chunked(CHUNKS).replace(b"HTTP/1.1", b"HTTP/1.0\r\nConnection: keep-alive"),
    "no Host": get().replace(b"Host: h\r\n", b""),
    "two Hosts": get(b"Host: h"),
    "two Hosts that differ": get(b"host: g"),
    "the HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\x03\x03" + bytes(range(64)) + b"\r\n\r\n",
    "a line of text": b"hello\r\n\r\n",
    "lines that end in LF": get().replace(b"\r\n", b"\n"),
    "a request line that ends in LF": get().replace(b"\r\n", b"\n", 1),
    "lines that end in CR": get().replace(b"\r\n", b"\r") + b"\r\n\r\n",
    "a folded first line": get().replace(b"Host", b" Host"),
    "a folded coding": post(b"Transfer-Encoding:\r\n chunked", body=CHUNKS),
    "a folded length": post(b"Content-Length:\r\n 17"),
    "a space before the colon of the length": post(b"Content-Length : 17"),
    "a space before the colon of the coding": post(b"Transfer-Encoding : chunked", body=CHUNKS),
    "no CRLF after a chunk": chunked(b"11\r\n" + BODY + b"0\r\n\r\n"),
    "LF after a chunk": chunked(b"11\r\n" + BODY + b"\n0\r\n\r\n"),
    "more in a chunk than its size": chunked(b"10\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "less in a chunk than its size": chunked(b"12\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "LF after a chunk's size": chunked(b"11\n" + BODY + b"\r\n0\r\n\r\n"),
    "CR after a chunk's size": chunked(b"11\r" + BODY + b"\r\n0\r\n\r\n"),
    "LF after the last chunk": chunked(b"11\r\n" + BODY + b"\r\n0\n\n"),
    "a bare LF in an extension": chunked(b"11;a\nb\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a bare CR in an extension": chunked(b"11;a\rb\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a NUL in an extension": chunked(b"11;a\x00b\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "junk for a trailer": chunked(CHUNKS[:-2] + b"junk\r\n\r\n"),
    "a space before a trailer's colon": chunked(CHUNKS[:-2] + b"A : b\r\n\r\n"),
    "a folded trailer": chunked(CHUNKS[:-2] + b"A: b\r\n c\r\n\r\n"),
    "a bare LF in a trailer": chunked(CHUNKS[:-2] + b"A: b\n\r\n"),
    "a NUL in a trailer": chunked(CHUNKS[:-2] + b"A: \x00\r\n\r\n"),
    "a request for a trailer": chunked(CHUNKS[:-2] + PROBE),
}
REFUSED |= {f"Content-Length: {value!r}": post(b"Content-Length: " + value) for value in LENGTHS}
REFUSED |= {f"Transfer-Encoding: {value!r}": post(b"Transfer-Encoding: " + value, body=CHUNKS) for value in CODINGS}
REFUSED |= {f"a chunk of {value[:20]!r}": chunked(value + b"\r\n" + BODY + b"\r\n0\r\n\r\n") for value in CHUNK_SIZES}
REFUSED |= {f"a field with {what}": get(line) for what, line in LINES.items()}
REFUSED |= {
    f"a request line with {what}": get().replace(get().split(b"\r\n")[0], line) for what, line in REQUEST_LINES.items()
}

TARGETS = [
    b"http://h",
    b"http://",
    b"http://[",
    b"http://h:99999/",
    b"http://h:x/",
    b"//h:x@/",
    b"//",
    b"/%zz",
    b"/%00",
]
TARGETS += [b"/../etc/passwd", b"/%2e%2e/%2fetc", b"/#a", b"/health/live#a", b"*", b"?", b"h:443", b"ftp://h/", b"a:b"]

LEGAL = {
    "a GET with a body like a request": request("/health/live", PROBE, method="GET"),
    "a GET with a chunked body": get(b"Transfer-Encoding: chunked") + CHUNKS,
    "the absolute form": get().replace(b" /health", b" http://h/health"),
    "the absolute form of another scheme": get().replace(b" /health", b" https://h:443/health"),
    "HTTP/1.0 without a Host": b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "many small chunks": chunked(b"1\r\n \r\n" * 2000 + CHUNKS),
    "an empty line before it": b"\r\n" + get(),
    "an upgrade": get(*UPGRADE),
    "an upgrade with a body": post(*UPGRADE, b"Content-Length: 17"),
    "an upgrade with chunks": post(*UPGRADE, b"Transfer-Encoding: chunked", body=CHUNKS),
    "an upgrade with a body like a request": request("/health/live", PROBE, *UPGRADE, method="GET"),
    "an upgrade to a WebSocket": get(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"),
    "a byte outside ASCII in a value": get(b"A: \xff\xc3\xa4"),
    "an empty value": get(b"A:"),
    "no space after the colon": post(b"Content-Length:17"),
    "spaces and tabs around a length": post(b"Content-Length: \t 17 \t "),
    "a tab before a coding": post(b"Transfer-Encoding:\tchunked", body=CHUNKS),
    "a coding in capitals": post(b"TRANSFER-ENCODING: CHUNKED", body=CHUNKS),
    "chunks": chunked(CHUNKS),
    "chunks of a byte": chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),
    "a chunk's size with zeros": chunked(b"00" + CHUNKS),
    "a chunk's size in either case": chunked(b"A\r\n" + BODY[:10] + b"\r\n7\r\n" + BODY[10:] + b"\r\n0\r\n\r\n"),
    "an extension": chunked(b'11;a=b;c="d e"\r\n' + BODY + b"\r\n0;last\r\n\r\n"),
    "a trailer": chunked(CHUNKS[:-2] + b"Checksum: 1\r\n\r\n"),
}
TOLERABLE = {f"the target {target!r}": get().replace(b"/health/live", target, 1) for target in TARGETS} | {
    "a tunnel": b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n",
    "a tunnel to a path": get().replace(b"GET", b"CONNECT"),
    "the options of the server": b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "two spaces": get().replace(b" ", b"  ", 1),
    "a method in small letters": get().replace(b"GET", b"get"),
    "a method of another protocol": get().replace(b"GET", b"DESCRIBE"),
    "HTTP/1.2": get().replace(b"/1.1", b"/1.2"),
    "a length with zeros": post(b"Content-Length: " + b"0" * 30 + b"17"),
    "a Host without a name": get().replace(b"Host: h", b"Host:"),
    "spaces after a coding": post(b"Transfer-Encoding: chunked \t", body=CHUNKS),
    "a trailer that names a length": chunked(CHUNKS[:-2] + b"Content-Length: 1\r\n\r\n"),
    "a coding by another name": post(b"Transfer_Encoding: chunked", b"Content-Length: 17"),
}


@pytest.mark.parametrize("piece", [0, 1], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("name", REFUSED)
def test_ambiguous_request_gets_one_400_and_a_closed_connection(served: Served, name: str, piece: int) -> None:
    with Caller(served.url) as caller:
        (answer,) = caller.send(REFUSED[name] + PROBE, piece).rest()
    assert answer.status == 400
    assert answer.closes
    assert answer.error


@pytest.mark.parametrize("name", REFUSED)
def test_request_before_an_ambiguous_one_is_answered_first(served: Served, name: str) -> None:
    answers = conversation(served.url, ROW + REFUSED[name] + PROBE)
    assert [answer.status for answer in answers] == [200, 400]
    assert json.loads(answers[0].body)["prediction"] == 1


def sent(caller: Caller, name: str, how: str) -> Caller:
    """Send a request: in one segment, byte by byte, or with its body in a second segment.

    Only a body in a segment of its own could be mistaken for a request.
    """
    data = LEGAL[name]
    if how == "body later":
        head, blank, body = data.partition(b"\r\n\r\n")
        caller.send(head + blank)
        time.sleep(0.02)
        return caller.send(body)
    return caller.send(data, piece=1 if how == "byte by byte" else 0)


@pytest.mark.parametrize("how", ["at once", "byte by byte", "body later"])
@pytest.mark.parametrize("name", LEGAL)
def test_valid_request_gets_one_response(served: Served, name: str, how: str) -> None:
    with Caller(served.url) as caller:
        answer = sent(caller, name, how).answer()
        assert answer.status == 200, answer.body
        assert json.loads(answer.body).get("prediction", 1) == 1
        assert answer.closes or caller.is_open(0.05)


@pytest.mark.parametrize("name", LEGAL)
def test_request_after_a_valid_one_gets_its_own_response(served: Served, name: str) -> None:
    with Caller(served.url) as caller:
        if not caller.send(LEGAL[name] + PROBE).answer().closes:
            assert json.loads(caller.answer().body) == {"status": "ok"}


def test_junk_after_a_request_gets_its_own_400(served: Served) -> None:
    answers = conversation(served.url, chunked(CHUNKS) + b"junk\r\n\r\n")
    assert [answer.status for answer in answers] == [200, 400]


@pytest.mark.parametrize("name", TOLERABLE)
def test_tolerable_request_gets_at_most_one_response(served: Served, name: str) -> None:
    with Caller(served.url) as caller:
        answer = caller.send(TOLERABLE[name]).answer()
        assert answer.status in {200, 400, 404, 405}
        assert answer.closes or caller.is_open(0.05)


def test_trailer_is_not_taken_for_a_header(served: Served) -> None:
    """A proxy that checks headers does not see what comes after the body."""
    plain = chunked(CHUNKS[:-2] + b"Content-Type: application/json\r\nX-Request-Id: late\r\n\r\n")
    with Caller(served.url) as caller:
        answer = caller.send(plain.replace(b"application/json", b"text/plain", 1)).answer()
    assert answer.status in {400, 415}
    assert answer.headers["x-request-id"] != "late"


@pytest.mark.parametrize("more", [1, 20_000])
def test_requests_after_connection_close_are_not_answered(served: Served, more: int) -> None:
    with Caller(served.url) as caller:
        (answer,) = caller.send(request("/predict", BODY, b"Connection: close") + PROBE * more, 4096).rest()
    assert (answer.status, answer.closes) == (200, True)
    assert not caller.reset  # a reset could have cost the response
