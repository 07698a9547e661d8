"""Bytes that two parsers could frame differently, or that are not HTTP: a 400, and no answer to what follows."""

from random import Random

from tests.server.fuzz.examples import valid_request
from tests.server.fuzz.request import HOST, JSON, Header, Input, Request, Then

SECOND = Request(b"/health", method=b"GET").framed().wire()

CHUNKED = (b"Transfer-Encoding", b"chunked")
SMALL = b'{"x":3,"y":-1}'
IN_CHUNKS = b"e\r\n" + SMALL + b"\r\n0\r\n\r\n"


def _framed_by(*headers: Header, body: bytes = SMALL, host: tuple[Header, ...] = (HOST,)) -> bytes:
    return Request(b"/predict", body, (*host, JSON, *headers)).wire()


def _length(value: bytes) -> Header:
    return b"Content-Length", value


def _chunk(size: bytes, content: bytes = SMALL, end: bytes = b"\r\n0\r\n\r\n") -> bytes:
    return _framed_by(CHUNKED, body=size + b"\r\n" + content + end)


def _line(line: bytes) -> bytes:
    """Return a valid head with one more line."""
    return _start(b"POST /predict HTTP/1.1", line)


def _start(request_line: bytes, line: bytes = b"") -> bytes:
    head = request_line + b"\r\nHost: h\r\nContent-Type: application/json\r\n" + line
    return head + b"Content-Length: 14\r\n\r\n" + SMALL


MALFORMED: dict[str, bytes] = {
    "both framings": _framed_by(_length(b"14"), CHUNKED),
    "both framings, chunked": _framed_by(CHUNKED, _length(b"5"), body=IN_CHUNKS),
    "Content-Length twice": _framed_by(_length(b"14"), _length(b"14")),
    "two different Content-Lengths": _framed_by(_length(b"14"), _length(b"0")),
    **{
        f"Content-Length {value!r}": _framed_by(_length(value))
        for value in (b"+14", b"-14", b"14, 14", b"14,0", b"0x0e", b"1e1", b"14.0", b"", b"1 4", b"\xb914", b"9" * 30)
    },
    **{
        f"Transfer-Encoding {value!r}": _framed_by((b"Transfer-Encoding", value), body=IN_CHUNKS)
        for value in (
            *(b"xchunked", b"chunked, identity", b"identity", b"gzip, chunked", b"\x0bchunked", b""),
            b"chunked chunked",
        )
    },
    "Transfer-Encoding twice": _framed_by(CHUNKED, CHUNKED, body=IN_CHUNKS),
    **{
        f"chunk size {size!r}": _chunk(size)
        for size in (b"0xe", b"-e", b"+e", b"", b"g", b"e ;a\0", b"e\0", b" e", b"10000000000000000e")
    },
    "chunk longer than its size": _chunk(b"5"),
    "chunk without a line end": _chunk(b"e", end=b"0\r\n\r\n"),
    "chunk that ends with LF": _chunk(b"e", end=b"\n0\r\n\r\n"),
    "chunk size that ends with LF": _framed_by(CHUNKED, body=b"e\n" + SMALL + b"\r\n0\r\n\r\n"),
    "no Host": _framed_by(_length(b"14"), host=()),
    "two Hosts": _framed_by(_length(b"14"), host=(HOST, HOST)),
    "space before the colon": _line(b"X-A : b\r\n"),
    "Content-Length, space before the colon": _line(b"Content-Length : 3\r\n"),
    "obs-fold": _line(b"X-A: b\r\n c\r\n"),
    "header that begins with a space": b"POST /predict HTTP/1.1\r\n Host: h\r\n\r\n",
    "bare CR in a value": _line(b"X-A: b\rc\r\n"),
    "bare CR as a line end": _line(b"X-A: b\r"),
    "NUL in a value": _line(b"X-A: b\0c\r\n"),
    "NUL in a name": _line(b"X\0A: b\r\n"),
    "no colon": _line(b"XAb\r\n"),
    "no name": _line(b": b\r\n"),
    "brackets in a name": _line(b"X(A): b\r\n"),
    "HTTP/0.9": b"GET /health\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    **{
        f"request line {line!r}": _start(line)
        for line in (
            *(b"POST /predict HTTP/9.9", b"POST /predict HTTP/1.1.1", b"POST /predict HTTP/1"),
            *(b"POST /predict http/1.1", b"POST /predict ICE/1.0", b"POST /predict HTTP/1.1 x", b"POST HTTP/1.1"),
            *(b"POST /pre\0dict HTTP/1.1", b"POST /pre\x7fdict HTTP/1.1", b"POST predict HTTP/1.1"),
            *(b"POST /pre dict HTTP/1.1", b"POST"),
            *(b" POST /predict HTTP/1.1", b"POST\t/predict HTTP/1.1", b"P\xffST /predict HTTP/1.1"),
            *(b"P(ST /predict HTTP/1.1", b"GET http:// HTTP/1.1", b"GET http://h:x/info HTTP/1.1", b"GET ? HTTP/1.1"),
        )
    },
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x07" * 500,
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
}  # fmt: skip


def malformed(random: Random) -> Input:
    """Return one of MALFORMED, perhaps after a valid request, and perhaps with more requests smuggled after it."""
    name = random.choice(list(MALFORMED))
    before = random.choice(((), (valid_request(random).framed(),)))
    wire = b"".join(map(Request.wire, before)) + MALFORMED[name] + random.choice((b"", SECOND, SECOND * 3))
    return Input(f"malformed: {name}", wire, before, Then.REFUSAL, 400)
