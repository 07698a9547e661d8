"""Valid bodies with an unusual head: headers, methods and targets."""

from dataclasses import replace
from random import Random

from tests.server.fuzz import edges
from tests.server.fuzz.examples import valid_request
from tests.server.fuzz.request import JSON_LENGTH, Input, Request

PATHS = (
    *(b"/predict", b"/predict/batch", b"/predict/gap", b"/predict/price/batch", b"/prediction/batch", b"/info/gap"),
    *(
        b"/predict/img",
        b"/predict/sign/img",
        b"/predict/none",
        b"/info",
        b"/health",
        b"/health/ready",
        b"/health/live",
        b"/metrics",
        b"/docs",
    ),
    *(b"/openapi.json", b"/", b"/v1/models", b"/v1/models/sign", b"/v1/models/sign:predict", b"/v2", b"/v2/models"),
    *(b"/v2/health/live", b"/v2/health/ready", b"/v2/models/gap", b"/v2/models/gap/ready", b"/v2/models/price/infer"),
    *(b"/v2/models/sign/versions/1.2.3", b"/v2/models/gap/versions/1.0.0/infer", b"/v2/models/gap/versions/2/ready"),
    *(b"/v1/models/sign:explain", b"/v2/repository/index", b"/v2/repository/models/sign/unload", b"/redoc", b"/none"),
)

METHODS = (
    *(b"GET", b"POST", b"HEAD", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PROPFIND", b"PURGE"),
    *(b"post", b"Get", b"QUERY", b"ZQ9X", b"M-SEARCH", b"LINK", b"A" * 500),
)

HEADERS = {
    b"Content-Type": (
        *(b"application/json", b"Application/JSON; charset=utf-8", b"application/json;charset=zq9x", b"text/plain"),
        *(b"application/octet-stream", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=zq9x"),
        *(
            b"application/json, text/plain",
            b"application/jsonp",
            b"application/json\t;x",
            b"a" * 3000,
            b"\xff",
            b"",
            b";",
        ),
    ),
    b"Content-Encoding": (b"gzip", b"deflate", b"identity", b"", b"br, gzip", b"IDENTITY", b"zq9x", b"x" * 5000),
    b"Accept": (
        b"*/*",
        b"text/html",
        b"",
        b"zq9x",
        b"application/openmetrics-text",
        b"a/b;q=9",
        b"text/plain;version=zq9x",
    ),
    b"Expect": (b"100-continue", b"100-Continue", b"zq9x", b""),
    b"Connection": (b"close", b"keep-alive", b"Upgrade", b"zq9x", b"close, keep-alive", b""),
    b"Upgrade": (b"websocket", b"h2c", b"TLS/1.0"),
    b"X-Request-Id": (
        *(b"a-Good.id_1", b"", b"x" * 64, b"x" * 65, b"zq9x\xff", b"a b", b"<a>", b'{"zq9x":1}', b"../a/+=", b"zq9x\\"),
    ),
    b"traceparent": (
        *(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01"),
        *(b"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", b"zq9x", b"", b"00-" + b"a" * 5000),
    ),
    b"X-Envoy-Expected-Rq-Timeout-Ms": (
        *(b"0", b"1", b"60000", b"-1", b"1.5", b"", b"zq9x", b"1 ", b"+1", b"9" * 30, b"9" * 5000, b"\xef\xbc\x91"),
    ),
    JSON_LENGTH: edges.JSON_LENGTHS,
    **dict.fromkeys((b"Cookie", b"Authorization", b"Range", b"If-None-Match", b"Origin"), (b"zq9x", b"")),
    b"X-Forwarded-For": (b"zq9x", b"127.0.0.1", b"::1, zq9x"),
    b"X-Http-Method-Override": (b"DELETE",),
    b"Trailer": (b"zq9x",),
    b"TE": (b"trailers", b"chunked"),
    b"Keep-Alive": (b"timeout=9999",),
    b"Accept-Encoding": (b"gzip", b"deflate;q=0.5, gzip;q=0.1", b"*;q=0", b"", b"zq9x;q=9,;", b"gzip," * 1000),
    b"x" * 500: (b"y" * 5000,),
    b"X-Odd": (b"\x80\xff", b"\t"),
    b"!#$%&'*+-.^_`|~": (b"zq9x",),
}


def headers(random: Random) -> Input:
    """Return a request with one to four unusual headers, instead of those of the same name or next to them."""
    request = valid_request(random)
    for name in random.sample(list(HEADERS), random.randint(1, 4)):
        header = (name, random.choice(HEADERS[name]))
        if random.random() < 0.2:
            request = replace(request, headers=(*request.headers, header))
        else:
            request = request.with_headers(header)
    return _input("headers", request)


def methods_and_targets(random: Random) -> Input:
    path = random.choice(PATHS)
    target = random.choice((_as_it_is, _as_it_is, _escaped, _spliced, _surrounded, _bare))(random, path)
    method = random.choice((b"GET", b"POST", *METHODS))
    if method == b"HEAD" and target != path:
        method = b"GET"  # a server that cannot parse a HEAD answers it with a body
    request = replace(valid_request(random), target=target, method=method)
    if random.random() < 0.5:
        request = replace(request, headers=(), body=b"")
    return _input("methods and targets", request)


def _input(kind: str, request: Request) -> Input:
    framed = request.framed()
    return Input(kind, framed.wire(), (framed,))


def _as_it_is(_random: Random, path: bytes) -> bytes:
    return path


def _escaped(random: Random, path: bytes) -> bytes:
    """Write some characters as %XX, in upper or lower case."""
    return b"".join(
        random.choice((b"%%%02X", b"%%%02x")) % byte if random.random() < 0.2 and index else bytes([byte])
        for index, byte in enumerate(path)
    )


def _spliced(random: Random, path: bytes) -> bytes:
    start = random.randint(1, len(path))
    return path[:start] + random.choice(_SCRAPS) + path[start:]


def _surrounded(random: Random, path: bytes) -> bytes:
    before, after = random.choice(_SURROUNDINGS)
    return before + path + after


def _bare(random: Random, _path: bytes) -> bytes:
    return random.choice(
        (b"*", b"http://server.test", b"http://server.test?x", b"server.test:443", b"http://", b"?", b"//")
    )


_SCRAPS = (
    *(
        b"/",
        b"//",
        b"/./",
        b"/../",
        b"%",
        b"%2",
        b"%zz",
        b"%00",
        b"%2e%2e/",
        b"%2F",
        b"%0d%0aX:%20zq9x",
        b"%ff",
        b";a=b",
    ),
    *(
        b"zq9x",
        b"?",
        b"#",
        b"\\",
        b"'",
        b'"',
        b"<zq9x>",
        b"{}",
        b"|",
        b"\xc3\xa9",
        b"\xff",
        b":",
        b"@",
        b"*",
        b"+",
        b"~",
    ),
)
_SURROUNDINGS = (
    *(
        (b"", b"/"),
        (b"", b"?"),
        (b"", b"?x=1&y=2"),
        (b"", b"?" + b"q" * 3000),
        (b"", b"#zq9x"),
        (b"", b"%20"),
        (b"/", b""),
    ),
    *((b"http://server.test", b""), (b"https://zq9x.test:1", b""), (b"//zq9x.test", b""), (b"", b"?a=%ff&b=\xff")),
    *((b"/.", b""), (b"/zq9x/..", b""), (b"", b"/zq9x" * 300), (b"", b".json"), (b"", b":predict"), (b"", b"/infer")),
)
