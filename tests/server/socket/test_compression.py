"""Compressed bodies and answers over a real connection, and what the largest bombs cost the server."""

import gzip
import json
import random
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from server.http.compression import FREE_BYTES, INLINE_BYTES, MIN_BYTES
from tests.served import Served
from tests.server.bounds_pictures.bombs import JSON, Bomb
from tests.server.bounds_pictures.cost import cost
from tests.server.socket.client import PROBE, ROW, Caller, Response, ask, request, slow
from tests.server.socket.process import faultless, resident_bytes
from tests.server.socket.scrape import Scrape

pytestmark = pytest.mark.slow

CAP = 1 << 20  # the default
PACKED: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}
ROW_BODY = ROW.partition(b"\r\n\r\n")[2]
TENSOR = {"name": "input", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": 16}}
CODINGS = pytest.mark.parametrize("coding", PACKED)


def packed(path: str, body: bytes, coding: str, *fields: bytes) -> bytes:
    return request(path, PACKED[coding](body), b"Content-Encoding: " + coding.encode(), *fields)


def batch(count: int) -> bytes:
    return json.dumps({"instances": [[number, -count / 2] for number in range(count)]}).encode()


@CODINGS
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/predict", ROW_BODY),
        ("/predict/batch", batch(30)),
        ("/v1/models/sign:predict", batch(30_000)),
        ("/predict/batch", b" " * (FREE_BYTES - 100) + batch(1)),
    ],
    ids=["row", "batch", "long batch", "blanks"],
)
def test_compressed_body_gets_the_answer_of_a_plain_one(served: Served, coding: str, path: str, body: bytes) -> None:
    plain, answer = ask(served.url, request(path, body)), ask(served.url, packed(path, body, coding))
    assert (answer.status, answer.body) == (plain.status, plain.body)
    assert answer.status == 200


@CODINGS
def test_length_of_v2s_json_is_that_within_the_expanded_body(served: Served, coding: str) -> None:
    head = json.dumps({"inputs": [TENSOR], "outputs": [{"name": "prediction"}]}).encode()
    fields = b"Inference-Header-Content-Length: %d" % len(head), b"Accept: */*"
    answer = ask(served.url, packed("/v2/models/sign/infer", head + struct.pack("<4f", 3, -1, -3, 1), coding, *fields))
    assert json.loads(answer.body)["outputs"][0]["data"] == [1, 0]


def test_compressed_body_may_come_in_chunks(served: Served) -> None:
    body = gzip.compress(ROW_BODY)
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    head = ROW.partition(b"Content-Length")[0] + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert ask(served.url, head + chunks).status == 200


@pytest.mark.parametrize(
    ("body", "coding", "status", "reason"),
    [
        (gzip.compress(ROW_BODY)[:-1], b"gzip", 400, "compression"),
        (gzip.compress(ROW_BODY) + b"x", b"gzip", 400, "compression"),
        (ROW_BODY, b"gzip", 400, "compression"),
        (gzip.compress(ROW_BODY), b"deflate", 400, "compression"),
        (gzip.compress(b"{"), b"gzip", 400, "invalid_json"),
        (gzip.compress(b""), b"gzip", 400, "empty_body"),
        (ROW_BODY, b"br", 415, "media_type"),
        (gzip.compress(gzip.compress(ROW_BODY)), b"gzip, gzip", 415, "media_type"),
        (gzip.compress(batch(100_000)), b"gzip", 413, "body"),
        (gzip.compress(b" " * (FREE_BYTES + 1)), b"gzip", 413, "body"),
    ],
    ids=["cut off", "goes on", "plain", "gzip as deflate", "no JSON", "empty", "br", "twice", "over the cap", "blanks"],
)
def test_compressed_body_that_cannot_be_read_is_refused(
    served: Served, body: bytes, coding: bytes, status: int, reason: str
) -> None:
    answer = ask(served.url, request("/predict", body, b"Content-Encoding: " + coding))
    assert (answer.status, json.loads(answer.body)["reason"]) == (status, reason)
    assert answer.error
    assert ("accept-encoding" in answer.headers) == (status == 415)
    assert ask(served.url, ROW).status == 200


def expanded(answer: Response) -> bytes:
    coding = answer.headers["content-encoding"]
    return zlib.decompress(answer.body, wbits={"gzip": 31, "deflate": 15}[coding])


@CODINGS
@pytest.mark.parametrize("count", [200, 20_000], ids=["short", "long"])
def test_long_answer_is_compressed_if_asked_for(served: Served, coding: str, count: int) -> None:
    plain = ask(served.url, request("/predict/batch", batch(count)))
    assert (len(plain.body) > INLINE_BYTES) == (count == 20_000)
    answer = ask(served.url, request("/predict/batch", batch(count), b"Accept-Encoding: br, " + coding.encode()))
    assert expanded(answer) == plain.body
    assert len(answer.body) < len(plain.body) / 2
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("data", [ROW, PROBE, request("/predict/batch", batch(10)), request("/nothing")])
def test_short_answer_is_sent_as_it_is(served: Served, data: bytes) -> None:
    answer = ask(served.url, data.replace(b"Host: h", b"Host: h\r\nAccept-Encoding: gzip"))
    assert len(answer.body) <= MIN_BYTES
    assert not {"content-encoding", "vary"} & set(answer.headers)


def test_head_has_the_length_of_the_compressed_document(served: Served) -> None:
    read = [b"Accept-Encoding: gzip"]
    got = ask(served.url, request("/openapi.json", b"", *read, method="GET"))
    with Caller(served.url) as caller:
        head = caller.send(request("/openapi.json", b"", *read, method="HEAD")).answer(to_head=True)
    assert json.loads(expanded(got))["openapi"]
    names = ("content-length", "content-encoding", "vary")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


def test_ordinary_client_sends_and_reads_compressed_bodies(served: Served) -> None:
    body = batch(5000)
    answer = httpx.post(
        f"{served.url}/v1/models/sign:predict",
        content=gzip.compress(body),
        headers={"content-type": "application/json", "content-encoding": "gzip"},
    )
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == httpx.post(f"{served.url}/v1/models/sign:predict", json=json.loads(body)).json()


def test_expanded_bodies_count_as_held_until_their_answers(models: dict[str, str], tmp_path: Path) -> None:
    """The server holds 64 MiB. 20 bodies of 100 kB that expand to 8 MiB, behind a slow prediction, are too many."""
    size = 8 << 20
    filler = random.Random(1).randbytes(8192).hex().encode()  # noqa: S311 (repeatable on purpose)
    body = (b'{"instances": [[1]], "x": "' + filler * (size // len(filler)))[: size - 2] + b'"}'
    environment = models | {"MAX_BODY_BYTES": str(size), "QUEUE_SIZE": "100"}
    with faultless(environment, tmp_path / "log") as served, ExitStack() as stack:
        data = packed("/v1/models/slow:predict", body, "gzip")
        assert ask(served.url, data).status == 200
        first, *callers = (stack.enter_context(Caller(served.url, timeout=30)) for _ in range(21))
        first.send(slow(1_000_000))
        for caller in callers:
            caller.send(data)
        statuses = Counter(caller.answer().status for caller in callers)
        assert 4 <= statuses[200] <= 8
        assert statuses[503] == 20 - statuses[200]
        assert Scrape(served.url).total("mlserving_refused_total", reason="bytes") == statuses[503]
        assert ask(served.url, data).status == 200


def zeros(size: int, bits: int) -> bytes:
    """Return zeros, compressed as far as zlib can, without a proper end."""
    mebibyte = bytes(1 << 20)
    stream = zlib.compressobj(9, zlib.DEFLATED, bits)
    first = stream.compress(mebibyte) + stream.flush(zlib.Z_FULL_FLUSH)
    again = stream.compress(mebibyte) + stream.flush(zlib.Z_FULL_FLUSH)
    return first + again * (size // len(mebibyte) - 1)


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        client.post("/predict", json={"x": 1, "y": 1})
        yield client


@pytest.mark.timing
@pytest.mark.parametrize(("coding", "bits"), [("gzip", 31), ("deflate", 15)])
def test_bomb_of_a_gigabyte_costs_little_time_and_memory(
    served: Served, client: httpx.Client, coding: str, bits: int
) -> None:
    bomb = zeros(1000 << 20, bits)[:CAP]
    assert len(bomb) > 0.95 * CAP
    one = cost(served, client, Bomb("/predict", JSON, bomb), "sign", {"content-encoding": coding})
    assert one.status == 413
    assert one.seconds < 0.2  # 0.05 on a quiet core
    assert one.mebibytes < 64


@pytest.mark.timing  # it compares resident memory, which other processes disturb
def test_bombs_leak_no_memory(served: Served, client: httpx.Client) -> None:
    bomb = zeros(1000 << 20, 31)[:CAP]
    before = 0
    for number in range(60):
        if number == 20:  # the first requests warm the server up
            before = resident_bytes(served)
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        assert client.post("/predict", content=bomb, headers=headers).status_code == 413
    assert resident_bytes(served) - before < 8 << 20
