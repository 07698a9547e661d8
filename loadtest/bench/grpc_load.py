"""Closed-loop load over gRPC: each caller has a connection, and makes its next call when the last one is answered.

gRPC's own client takes longer for a call than the server does, so calls are written and read here frame by frame.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

import grpc
import numpy as np
from hpack import Decoder
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse

from loadtest.bench.request_spec import LabelledRows, MeasurementError
from server.grpc import frames

METHOD = "/inference.GRPCInferenceService/ModelInfer"

_FIELDS = frames.fields(
    [
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", METHOD.encode()),
        (b":authority", b"127.0.0.1"),
        (b"te", b"trailers"),
        (b"content-type", b"application/grpc"),
    ]
)
_WIDE = 1 << 30  # a window that no run uses up
_OK = (b"grpc-status", b"0")


@dataclass(frozen=True)
class GrpcSpec:
    """A call of ModelInfer that is made repeatedly.

    Attributes:
        message: the request.
        expected: the classes that the answer must hold.
    """

    message: bytes
    expected: Sequence[float]

    def check(self, port: int) -> None:
        """Make the call once.

        Raises:
            MeasurementError: there is no answer, or one with other classes.
        """
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                answer = channel.unary_unary(METHOD)(self.message, timeout=60)
            except grpc.RpcError as error:
                raise MeasurementError(f"{METHOD} returned {error.code().name}: {error.details()}") from error
        found = _classes(ModelInferResponse.FromString(answer))
        if found != list(self.expected):
            raise MeasurementError(f"{METHOD} predicted other classes than the pipeline: {found[:10]}")


@dataclass
class Outcome:
    """What all callers saw.

    Attributes:
        seconds: of each call that was answered.
        refused: calls that were answered with an error.
        broken: connections that were lost.
    """

    seconds: list[float]
    refused: int = 0
    broken: int = 0


def infer(rows: LabelledRows) -> GrpcSpec:
    values = np.array([list(row.values()) for row in rows[0]], "<f4")
    tensor = {"name": "input", "datatype": "FP32", "shape": values.shape}
    request = ModelInferRequest(model_name="model", inputs=[tensor], raw_input_contents=[values.tobytes()])
    return GrpcSpec(request.SerializeToString(), rows[1])


def run(port: int, spec: GrpcSpec, seconds: float, callers: int) -> Outcome:
    """Send the call repeatedly from all callers concurrently."""

    async def run_all() -> Outcome:
        loop, outcome = asyncio.get_running_loop(), Outcome([])
        made = [await loop.create_connection(lambda: _Caller(spec, outcome), "127.0.0.1", port) for _ in range(callers)]
        await asyncio.sleep(seconds)
        for transport, caller in made:
            caller.done = True
            transport.close()
        return outcome

    return asyncio.run(run_all())


class _Caller(asyncio.Protocol):
    def __init__(self, spec: GrpcSpec, outcome: Outcome) -> None:
        self.done = False
        self._outcome = outcome
        self._data = frames.MESSAGE_HEADER.pack(0, len(spec.message)) + spec.message
        self._decoder = Decoder(max_header_list_size=1 << 15)
        self._stream = -1
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        settings = frames.settings([(frames.CALL_WINDOW, _WIDE)])
        self._transport.write(frames.PREFACE + settings + frames.window_update(0, _WIDE))
        self._call()

    def connection_lost(self, _error: Exception | None) -> None:
        self._outcome.broken += not self.done

    def data_received(self, data: bytes) -> None:
        data, position = self._buffer + data, 0
        while len(data) - position >= frames.HEADER_BYTES:
            high, low, kind, flags, _ = frames.HEADER.unpack_from(data, position)
            start = position + frames.HEADER_BYTES
            end = start + (high << 8 | low)
            if end > len(data):
                break
            self._handle(kind, flags, data[start:end])
            position = end
        self._buffer = data[position:]

    def _handle(self, kind: int, flags: int, payload: bytes) -> None:
        if kind == frames.HEADERS:
            fields = list(self._decoder.decode(payload, raw=True))
            if flags & frames.END_STREAM:
                self._outcome.seconds.append(perf_counter() - self._began)
                self._outcome.refused += _OK not in fields
                self._call()
        elif kind == frames.RST_STREAM:
            self._outcome.refused += 1
            self._call()
        elif kind in (frames.SETTINGS, frames.PING) and not flags:
            self._transport.write(frames.frame(kind, frames.ACK, 0, payload if kind == frames.PING else b""))

    def _call(self) -> None:
        if not self.done:
            self._stream += 2
            self._began = perf_counter()
            self._transport.write(
                frames.frame(frames.HEADERS, frames.END_HEADERS, self._stream, _FIELDS)
                + frames.frame(frames.DATA, frames.END_STREAM, self._stream, self._data)
            )


def _classes(response: Any) -> list[float]:
    """Return the values of the first output; later ones are probabilities."""
    output = response.outputs[0]
    if response.raw_output_contents:
        dtype = {"INT64": "<i8", "INT32": "<i4"}[output.datatype]
        raw: list[float] = np.frombuffer(response.raw_output_contents[0], dtype).tolist()
        return raw
    ((_, values),) = output.contents.ListFields()
    return list(values)
