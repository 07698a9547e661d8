"""Valid and invalid HTTP/2, sent frame by frame over real sockets."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2 import (
    ModelInferRequest,
    ModelInferResponse,
    ModelReadyRequest,
    ModelReadyResponse,
    ServerLiveRequest,
    ServerLiveResponse,
    ServerReadyRequest,
    ServerReadyResponse,
)

from server import routing
from server.grpc import frames
from server.grpc.calls import MAX_CALLS, MAX_RESETS
from server.grpc.methods import all_methods
from server.grpc.server import GrpcServer
from server.http.access_log import AccessLog
from server.http.limits import HEAD_BYTES, ConnectionLimits
from server.http.timeouts import Timeouts
from server.http.worker import WorkerQueue
from server.predictor import Predictor
from server.settings import from_environment
from tests.served import free_port
from tests.server import pipelines
from tests.server.grpc import raw
from tests.server.grpc.raw import RawClient
from tests.server.pipelines import SquareRoot

MAX_MESSAGE = 1 << 20
PATIENT = Timeouts()
HASTY = Timeouts(head=0.2, body=0.2, unread=0.3, idle=0.4, linger=0.2, settled=0.1, interval=0.05)

Test = Callable[[int, GrpcServer], Awaitable[None]]


def with_server(predictor: Predictor, test: Test, timeouts: Timeouts = PATIENT) -> GrpcServer:
    """Run a test against a server within this process, given its port."""

    async def run() -> GrpcServer:
        port = free_port()
        settings = from_environment({"GRPC_PORT": str(port), "GRACE_SECONDS": "1"})
        methods = all_methods([predictor], routing.api_routes([predictor]))
        limits = ConnectionLimits(MAX_MESSAGE, 8 * MAX_MESSAGE)
        server = GrpcServer(settings, methods, WorkerQueue(8), limits, timeouts, AccessLog())
        await server.start()
        try:
            await test(port, server)
        finally:
            await server.stop()
        assert (limits.held_bytes, server.shared.calls, len(server.shared.tasks)) == (0, 0, 0)
        return server

    return asyncio.run(run())


def rows(count: int = 1, **fields: Any) -> bytes:
    values = np.tile(np.array([[1, 1], [-3, 1]], np.float32), (count // 2 + 1, 1))[:count]
    tensor = {"name": "input", "datatype": "FP32", "shape": [count, 2]}
    request = {"model_name": "sign", "inputs": [tensor], "raw_input_contents": [values.tobytes()], **fields}
    message: bytes = ModelInferRequest(**request).SerializeToString()
    return message


def predictions(answer: raw.Answer) -> list[int]:
    assert answer.status == 0, answer.fields
    response = ModelInferResponse.FromString(answer.message)
    values: list[int] = np.frombuffer(response.raw_output_contents[0], np.int64).tolist()
    return values


LIVE = raw.call(1, b"", raw.LIVE)
PADDING = frames.frame(frames.DATA, frames.PADDED | frames.END_STREAM, 1, b"\3" + raw.framed(rows()) + b"\0\0\0")
BLOCK = frames.fields(raw.headers())
PRIORITY = frames.HAS_PRIORITY | frames.END_HEADERS


@pytest.mark.parametrize(
    "sent",
    [
        raw.call(1, rows()),
        raw.call(7, rows()),
        raw.begin(1) + frames.frame(frames.DATA, 0, 1, raw.framed(rows())) + frames.frame(frames.DATA, 1, 1),
        raw.begin(1) + b"".join(frames.frame(frames.DATA, 0, 1, bytes([byte])) for byte in raw.framed(rows()))
        + frames.frame(frames.DATA, 1, 1),
        raw.begin(1) + PADDING,
        frames.frame(frames.HEADERS, PRIORITY, 1, b"\0\0\0\0\7" + BLOCK) + raw.data(1, rows()),
        frames.frame(frames.HEADERS, 0, 1, BLOCK[:10]) + frames.frame(frames.CONTINUATION, 0, 1, BLOCK[10:50])
        + frames.frame(frames.CONTINUATION, frames.END_HEADERS, 1, BLOCK[50:]) + raw.data(1, rows()),
        raw.begin(1) + frames.frame(frames.DATA, 0, 1, raw.framed(rows()))
        + frames.frame(frames.HEADERS, 5, 1, frames.fields([(b"trailer", b"x")])),
        frames.frame(frames.PRIORITY, 0, 3, bytes(5)) + frames.frame(0x99, 0xFF, 5, b"unknown") + raw.call(1, rows()),
        raw.call(1, rows(), user_agent=b"x" * 8000),
    ],
    ids=[
        "at once", "a later stream", "an empty end", "bytes apart", "padding", "priority", "continued", "trailers",
        "unknown frames", "long headers",
    ],
)  # fmt: skip
@pytest.mark.parametrize("slowly", [False, True])
def test_call_is_answered_however_it_is_written(sign: Predictor, sent: bytes, slowly: bool) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        await (client.slowly(sent) if slowly and len(sent) < 2000 else asyncio.sleep(0, client.send(sent)))
        stream = 7 if sent == raw.call(7, rows()) else 1
        assert predictions(await client.answer(stream)) == [1]
        assert predictions(await client.send(raw.call(9, rows(2))).answer(9)) == [1, 0]
        client.close()

    with_server(sign, test)


def test_long_messages_go_off_the_loop_and_come_back_in_frames(sign: Predictor) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port, {frames.CALL_WINDOW: 1 << 20})
        client.send(frames.window_update(0, 1 << 20))
        answer = await client.send(raw.call(1, rows(60_000))).answer(1)
        assert predictions(answer) == [1, 0] * 30_000
        client.close()

    with_server(sign, test)


def test_rows_that_wait_for_scikit_learn_are_predicted_in_one_call(tmp_path: Path) -> None:
    SquareRoot.go_on.set()
    predictor = Predictor("root", pipelines.root(tmp_path / "root"))
    predictor.load()

    def call(stream: int, value: float) -> bytes:
        tensor = {"name": "input", "datatype": "FP64", "shape": [1, 1], "contents": {"fp64_contents": [value]}}
        return raw.call(stream, ModelInferRequest(model_name="root", inputs=[tensor]).SerializeToString())

    async def test(port: int, _server: GrpcServer) -> None:
        SquareRoot.calls.clear()
        SquareRoot.started.clear()
        SquareRoot.go_on.clear()
        client = await RawClient.connect(port)
        client.send(call(1, 1))
        await asyncio.to_thread(SquareRoot.started.wait, 5)
        others = await RawClient.connect(port)
        others.send(b"".join(call(2 * number - 1, number**2) for number in range(1, 6)))
        await asyncio.sleep(0.2)
        SquareRoot.go_on.set()
        for number in range(1, 6):
            response = ModelInferResponse.FromString((await others.answer(2 * number - 1)).message)
            assert list(response.outputs[0].contents.fp64_contents) == [number]
        assert SquareRoot.calls == [[1], [1, 4, 9, 16, 25]]
        client.close()
        others.close()

    with_server(predictor, test)


@pytest.mark.parametrize("count", [1, 60_000])
def test_compressed_messages_are_expanded(sign: Predictor, count: int) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port, {frames.CALL_WINDOW: 1 << 20})
        client.send(frames.window_update(0, 1 << 20))
        values = np.stack([np.arange(count), np.full(count, 0.5)], 1).astype("<f4").tobytes()  # as few rows are alike
        message = rows(count, raw_input_contents=[values])
        answer = await client.send(raw.compressed(1, gzip.compress(message))).answer(1)
        assert predictions(answer) == [1] * count
        client.close()

    with_server(sign, test)


def test_answer_waits_for_the_clients_windows(sign: Predictor) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port, {frames.CALL_WINDOW: 10})
        client.send(raw.call(1, rows(1000)))
        while len(client.answers.get(1, raw.Answer()).data) < 10:
            await client.read()
        client.send(raw.call(3, b"", raw.LIVE))
        assert ServerLiveResponse.FromString((await client.answer(3)).message).live
        assert len(client.answers[1].data) == 10
        client.send(frames.window_update(1, 5) + frames.settings([(frames.CALL_WINDOW, 100)]))
        while len(client.answers[1].data) < 105:
            await client.read()
        client.send(frames.window_update(1, 100_000))
        assert predictions(await client.answer(1)) == [1, 0] * 500
        client.close()

    with_server(sign, test)


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (raw.call(1, b"", b"/inference.GRPCInferenceService/RepositoryModelUnload"), 12, b"unimplemented"),
        (raw.call(1, b"", b"/\xff\xfe"), 12, b"unimplemented"),
        (raw.call(1, b"", b""), 12, b"unimplemented"),
        (raw.call(1, b"\xff"), 3, b"message"),
        (raw.call(1, b""), 5, b"path"),
        (raw.call(1, b"\x0a"), 3, b"message"),
        (raw.call(1, rows(model_name="other")), 5, b"path"),
        (raw.call(1, rows(model_version="9")), 5, b"path"),
        (raw.call(1, rows() + b"\x0a\x05other"), 3, b"message"),
        (raw.call(1, rows(), grpc_timeout=b"1"), 3, b"header"),
        (raw.call(1, rows(), grpc_timeout=b"0n"), 4, b"deadline"),
        (raw.begin(1) + frames.frame(frames.DATA, 1, 1), 3, b"message"),
        (raw.begin(1) + frames.frame(frames.DATA, 1, 1, b"\0\0\0\0\5abc"), 3, b"message"),
        (raw.begin(1) + frames.frame(frames.DATA, 1, 1, raw.framed(rows()) * 2), 3, b"message"),
        (raw.begin(1) + frames.frame(frames.DATA, 0, 1, raw.framed(rows()) + b"more"), 3, b"message"),
        (raw.begin(1) + frames.frame(frames.DATA, 0, 1, b"\1\0\0\0\5"), 12, b"unimplemented"),
        (raw.begin(1, grpc_encoding=b"br") + frames.frame(frames.DATA, 0, 1, b"\1\0\0\0\5"), 12, b"unimplemented"),
        (raw.compressed(1, b"no gzip"), 3, b"compression"),
        (raw.compressed(1, gzip.compress(bytes(100 << 20), 1)), 3, b"body"),
        (raw.begin(1) + frames.frame(frames.DATA, 0, 1, b"\0\xff\0\0\0"), 3, b"body"),
        (raw.call(1, rows(), **{f"x{number}": b"" for number in range(100)}), 3, b"head"),
    ],
)
def test_bad_call_is_refused_in_words_and_the_next_is_answered(
    sign: Predictor, sent: bytes, status: int, reason: bytes
) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        answer = await client.send(sent).answer(1)
        assert (answer.status, answer.fields[b"reason"], answer.data) == (status, reason, b"")
        assert answer.fields[b"grpc-message"].endswith(b".")
        assert predictions(await client.send(raw.call(3, rows())).answer(3)) == [1]
        client.close()

    with_server(sign, test)


def over_and_over(frame: bytes) -> bytes:
    return frame * (3 * (1 << 17) // len(frame))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frames.frame(frames.DATA, 1, 1, b"x"), frames.PROTOCOL_ERROR),
        (raw.begin(2), frames.PROTOCOL_ERROR),
        (frames.frame(frames.CONTINUATION, 4, 1), frames.PROTOCOL_ERROR),
        (frames.frame(frames.HEADERS, 0, 1, BLOCK) + frames.frame(frames.PING, 0, 0, bytes(8)), frames.PROTOCOL_ERROR),
        (frames.frame(frames.PUSH_PROMISE, 4, 1, bytes(4)), frames.PROTOCOL_ERROR),
        (raw.begin(1) + frames.frame(frames.DATA, frames.PADDED, 1, b"\5abc"), frames.PROTOCOL_ERROR),
        (raw.begin(1) + frames.frame(frames.DATA, frames.PADDED, 1), frames.PROTOCOL_ERROR),
        (frames.window_update(0, 0), frames.PROTOCOL_ERROR),
        (frames.frame(frames.SETTINGS, 0, 0, bytes(5)), frames.PROTOCOL_ERROR),
        (frames.frame(frames.PING, 0, 0, bytes(7)), frames.FRAME_SIZE_ERROR),
        (frames.frame(frames.WINDOW_UPDATE, 0, 0, bytes(3)), frames.FRAME_SIZE_ERROR),
        (frames.frame(frames.DATA, 0, 1, bytes(16385)), frames.FRAME_SIZE_ERROR),
        (frames.window_update(0, frames.MAX_WINDOW), frames.FLOW_CONTROL_ERROR),
        (frames.settings([(frames.CALL_WINDOW, 1 << 31)]), frames.FLOW_CONTROL_ERROR),
        (frames.frame(frames.HEADERS, 4, 1, b"\xff"), frames.COMPRESSION_ERROR),
        (over_and_over(frames.frame(frames.PING, 0, 0, bytes(8))), frames.ENHANCE_YOUR_CALM),
        (over_and_over(frames.settings([])), frames.ENHANCE_YOUR_CALM),
        (over_and_over(frames.frame(frames.PRIORITY, 0, 1, bytes(5))), frames.ENHANCE_YOUR_CALM),
        (raw.begin(1) + over_and_over(frames.frame(frames.DATA, 0, 1)), frames.ENHANCE_YOUR_CALM),
        (
            frames.frame(frames.HEADERS, 0, 1, BLOCK)
            + frames.frame(frames.CONTINUATION, 0, 1, bytes(16000)) * (HEAD_BYTES // 16000 + 1),
            frames.ENHANCE_YOUR_CALM,
        ),
        (
            b"".join(raw.begin(2 * n + 1) + frames.reset(2 * n + 1, 8) for n in range(MAX_RESETS + 1)),
            frames.ENHANCE_YOUR_CALM,
        ),
    ],
)
def test_breach_of_the_protocol_ends_the_connection(sign: Predictor, sent: bytes, code: int) -> None:
    async def test(port: int, server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        await client.send(sent).rest()
        assert [found for _, found in client.goaways][-1:] == [code]
        other = await RawClient.connect(port)
        assert predictions(await other.send(raw.call(1, rows())).answer(1)) == [1]
        client.close()
        other.close()

    with_server(sign, test)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n\r\nXX"])
def test_what_is_not_http_2_is_closed(sign: Predictor, sent: bytes) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port, greet=False)
        await client.send(sent).rest()
        client.close()

    with_server(sign, test)


def test_too_many_calls_of_a_connection_wait(sign: Predictor) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        client.send(b"".join(raw.begin(2 * number + 1) for number in range(MAX_CALLS + 1)))
        answer = await client.answer(2 * MAX_CALLS + 1)
        assert answer.reset == frames.REFUSED_STREAM
        assert client.settings[frames.MAX_CALLS] == MAX_CALLS
        assert predictions(await client.send(raw.data(1, rows())).answer(1)) == [1]
        client.close()

    with_server(sign, test)


def test_idle_connection_makes_room_and_without_one_a_new_one_is_refused(
    sign: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.grpc.server.MAX_CONNECTIONS", 2)

    async def test(port: int, _server: GrpcServer) -> None:
        first, second = await RawClient.connect(port), await RawClient.connect(port)
        assert predictions(await first.send(raw.call(1, rows())).answer(1)) == [1]
        third = await RawClient.connect(port)
        await second.rest()
        assert second.goaways == [(0, 0)]
        first.send(raw.begin(3))
        third.send(raw.begin(1))
        await asyncio.sleep(0.1)
        fourth = await RawClient.connect(port)
        await fourth.rest()
        assert fourth.goaways == [(0, frames.ENHANCE_YOUR_CALM)]
        assert predictions(await first.send(raw.data(3, rows())).answer(3)) == [1]
        for client in (first, second, third, fourth):
            client.close()

    with_server(sign, test)


def test_held_bytes_of_all_messages_are_bounded(sign: Predictor) -> None:
    async def test(port: int, _server: GrpcServer) -> None:
        clients = [await RawClient.connect(port) for _ in range(9)]
        part = frames.MESSAGE_HEADER.pack(0, MAX_MESSAGE) + bytes(MAX_MESSAGE - 100)
        pieces = [part[start : start + frames.MAX_PAYLOAD] for start in range(0, len(part), frames.MAX_PAYLOAD)]
        for client in clients:
            client.send(raw.begin(1) + b"".join(frames.frame(frames.DATA, 0, 1, piece) for piece in pieces))
            await client.writer.drain()
            await asyncio.sleep(0.02)
        answer = await clients[-1].answer(1)
        assert (answer.status, answer.fields[b"reason"]) == (14, b"bytes")
        assert answer.fields[b"grpc-retry-pushback-ms"] == b"1000"
        for client in clients:
            client.close()
        await asyncio.sleep(0.1)
        other = await RawClient.connect(port)
        assert predictions(await other.send(raw.call(1, rows())).answer(1)) == [1]
        other.close()

    with_server(sign, test)


@pytest.mark.slow
def test_slow_and_silent_clients_are_sent_away(sign: Predictor) -> None:
    async def test(port: int, server: GrpcServer) -> None:
        silent = await RawClient.connect(port, greet=False)
        idle = await RawClient.connect(port)
        slow = await RawClient.connect(port)
        unread = await RawClient.connect(port, {frames.CALL_WINDOW: 10})
        slow.send(raw.begin(1) + frames.frame(frames.DATA, 0, 1, b"\0\0\0"))
        unread.send(raw.call(1, rows(100)))
        answer = await slow.answer(1)
        assert (answer.status, answer.fields[b"reason"], answer.reset) == (4, b"slow", None)
        await silent.rest()
        await idle.rest()
        assert idle.goaways == [(frames.MAX_WINDOW, 0), (0, 0)]
        await unread.rest()
        for client in (silent, idle, slow, unread):
            client.close()
        async with asyncio.timeout(5):
            while server.shared.connections:
                await asyncio.sleep(0.05)

    with_server(sign, test, HASTY)


def test_methods_that_ask_for_readiness_fail_before_the_stop(sign: Predictor) -> None:
    service = "/inference.GRPCInferenceService/"
    answers = {
        f"{service}ServerReady": (ServerReadyRequest(), ServerReadyResponse(ready=False).SerializeToString()),
        f"{service}ModelReady": (ModelReadyRequest(name="sign"), ModelReadyResponse(ready=False).SerializeToString()),
        f"{service}ServerLive": (ServerLiveRequest(), ServerLiveResponse(live=True).SerializeToString()),
        "/grpc.health.v1.Health/Check": (ServerReadyRequest(), b"\x08\x02"),
    }

    async def test(port: int, server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        server.fail_readiness()
        for number, (path, (message, expected)) in enumerate(answers.items()):
            stream = 2 * number + 1
            answer = await client.send(raw.call(stream, message.SerializeToString(), path.encode())).answer(stream)
            assert answer.data == raw.framed(expected), path
        assert predictions(await client.send(raw.call(9, rows())).answer(9)) == [1]
        client.close()

    with_server(sign, test)


def test_drained_connection_answers_what_is_on_its_way(sign: Predictor) -> None:
    async def test(port: int, server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        assert predictions(await client.send(raw.call(1, rows())).answer(1)) == [1]
        server.drain()
        while not client.pings:
            await client.read()
        assert client.goaways == [(frames.MAX_WINDOW, 0)]
        client.send(raw.call(3, rows()))  # sent before the client knew
        client.send(frames.frame(frames.PING, frames.ACK, 0, client.pings[0]))
        assert predictions(await client.answer(3)) == [1]
        await client.rest()
        assert client.goaways[1:] == [(3, 0)]
        client.close()
        later = await RawClient.connect(port)
        assert predictions(await later.send(raw.call(1, rows())).answer(1)) == [1]
        while not later.goaways:
            await later.read()
        later.close()

    with_server(sign, test)


@pytest.mark.slow
def test_calls_without_a_message_end_with_the_server(sign: Predictor) -> None:
    async def test(port: int, server: GrpcServer) -> None:
        client = await RawClient.connect(port)
        client.send(raw.begin(1))
        await asyncio.sleep(0.1)
        stopping = asyncio.ensure_future(server.stop())
        answer = await client.answer(1)
        assert (answer.status, answer.fields[b"reason"]) == (14, b"stop")
        await client.rest()
        client.close()
        await stopping

    with_server(sign, test)
