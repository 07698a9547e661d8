"""Thousands of messages and streams of frames to a real gRPC port: each is answered correctly, or refused in words."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse

from server.grpc import frames
from tests.served import Served, free_port, serving
from tests.server.grpc import raw
from tests.server.grpc.raw import Answer, RawClient

pytestmark = pytest.mark.slow

SEED = 20_261_128
MESSAGES, STREAMS = 8_000, 1_500
CALLS_OF_A_CONNECTION = 50
REFUSED = {3, 5, 12}  # INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED
ROWS = np.array([[1, 1], [-3, 1]], "<f4")


def _messages() -> list[bytes]:
    tensor = {"name": "input", "datatype": "FP32", "shape": [2, 2]}
    values = ROWS.ravel().tolist()
    return [
        ModelInferRequest(**fields).SerializeToString()
        for fields in (
            {"model_name": "sign", "id": "7", "inputs": [tensor], "raw_input_contents": [ROWS.tobytes()]},
            {"model_name": "sign", "inputs": [tensor | {"contents": {"fp32_contents": values}}]},
            {
                "model_name": "sign",
                "model_version": "1.2.3",
                "inputs": [tensor],
                "outputs": [{"name": "prediction"}],
                "parameters": {"a": {"int64_param": 1}},
                "raw_input_contents": [ROWS.tobytes()],
            },
        )
    ]


VALID = _messages()
PADDED_END = frames.PADDED | frames.END_STREAM


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def served(port: int, folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environment = {"MODEL_NAME": "sign", "MODEL_PATH": str(folders["sign"]), "GRPC_PORT": str(port)}
    with serving(environment, tmp_path_factory.mktemp("log") / "server.log") as ready:
        yield ready
        assert ready.stop() == 0
        for line in ready.log.read_bytes().splitlines():
            entry = json.loads(line)
            assert entry["level"] == "info", line
            assert entry["message"] != "request" or len(line) <= 300, line


def mutated(random: Random, text: bytes) -> bytes:
    """Return the bytes with a few of them changed, left out, repeated or put in."""
    changed = bytearray(text)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        place = random.randrange(len(changed) + 1)
        length = random.choice((1, 1, 2, 8))
        match random.randrange(5):
            case 0:
                changed[place : place + length] = random.randbytes(length)
            case 1:
                del changed[place : place + length]
            case 2:
                changed[place:place] = changed[place : place + length] * random.choice((1, 2, 50))
            case 3:
                changed[place:place] = random.choice((b"\xff", b"\0", b"\x0a", b"\x7f", b"\x80", b"\xff" * 9))
            case 4:
                del changed[place:]
    return bytes(changed)


def check(message: bytes, answer: Answer) -> None:
    if answer.status:
        assert answer.status in REFUSED, answer
        assert answer.fields[b"reason"].isascii()
        assert answer.fields[b"grpc-message"].endswith(b"."), answer
        assert b"Traceback" not in answer.fields[b"grpc-message"]
        return
    request, response = ModelInferRequest.FromString(message), ModelInferResponse.FromString(answer.message)
    (tensor,) = request.inputs
    values = (
        np.frombuffer(request.raw_input_contents[0], "<f4")
        if request.raw_input_contents
        else np.array(tensor.contents.fp32_contents, np.float32)
    )
    rows = values.reshape(tensor.shape)
    assert (request.model_name, request.id or response.id) == ("sign", response.id)
    for index, output in enumerate(response.outputs):
        if output.name == "prediction":
            given = (
                np.frombuffer(response.raw_output_contents[index], "<i8")
                if response.raw_output_contents
                else np.array(output.contents.int64_contents)
            )
            assert given.tolist() == (rows.sum(1) > 0).tolist()


def test_messages_are_predicted_correctly_or_refused(served: Served, port: int) -> None:
    random = Random(SEED)  # noqa: S311 (not a secret)
    sent = [mutated(random, random.choice(VALID)) for _ in range(MESSAGES)]

    async def run() -> int:
        predicted = 0
        for start in range(0, MESSAGES, CALLS_OF_A_CONNECTION):
            messages = sent[start : start + CALLS_OF_A_CONNECTION]
            client = await RawClient.connect(port)
            client.send(b"".join(raw.call(2 * number + 1, message) for number, message in enumerate(messages)))
            for number, message in enumerate(messages):
                answer = await client.answer(2 * number + 1)
                try:
                    check(message, answer)
                except (AssertionError, DecodeError, ValueError) as error:
                    raise AssertionError(f"message {start + number}, {message!r}: {error}") from error
                predicted += answer.status == 0
            client.close()
        return predicted

    assert asyncio.run(run()) > MESSAGES // 40


def test_frames_end_the_connection_at_most(served: Served, port: int) -> None:
    random = Random(SEED)  # noqa: S311 (not a secret)
    pieces = [
        raw.call(1, VALID[0]),
        raw.call(3, VALID[1], grpc_timeout=b"1S"),
        raw.begin(5) + frames.frame(frames.DATA, PADDED_END, 5, b"\1" + raw.framed(VALID[0]) + b"\0"),
        frames.settings([(frames.CALL_WINDOW, 100), (1, 0), (5, 16384)]),
        frames.window_update(0, 1000) + frames.window_update(1, 1000),
        frames.frame(frames.PING, 0, 0, b"12345678"),
        frames.reset(3, 8),
        frames.frame(frames.HEADERS, frames.END_HEADERS, 7, bytes.fromhex("8386418cf1e3c2e5f23a6ba0ab90f4ff")),
        frames.frame(frames.PRIORITY, 0, 9, bytes(5)),
        frames.goaway(0),
    ]

    async def run() -> None:
        for number in range(STREAMS):
            sent = mutated(random, b"".join(random.choices(pieces, k=random.randrange(1, 6))))
            client = await RawClient.connect(port)
            client.send(sent).writer.write_eof()
            try:
                await client.rest(4)
            except TimeoutError as error:
                raise AssertionError(f"stream {number}, {sent!r}: the connection stays") from error
            assert not [answer for answer in client.answers.values() if answer.fields.get(b"grpc-status") == b"13"]
            client.close()
            if number % 100 == 0:
                control = await RawClient.connect(port)
                check(VALID[0], await control.send(raw.call(1, VALID[0])).answer(1))
                control.close()

    asyncio.run(run())
