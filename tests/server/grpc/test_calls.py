"""gRPC's own client against a server process: statuses, deadlines, overload, log, metrics, and the stop."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from kserve.protocol.grpc.grpc_predict_v2_pb2 import ModelInferRequest, ModelInferResponse, ModelReadyRequest

from tests.served import ROOT, Served, free_port, serving
from tests.server.pictures import images
from tests.server.socket.scrape import Scrape, eventually

pytestmark = pytest.mark.slow

SERVICE = "/inference.GRPCInferenceService/"
A_SECOND = 1_200_000


def infer(channel: grpc.Channel, message: bytes, timeout: float | None = 10, **metadata: str) -> grpc.Future:
    sent = [(name.replace("_", "-"), value) for name, value in metadata.items()]
    return channel.unary_unary(SERVICE + "ModelInfer").future(message, timeout=timeout, metadata=sent)


def request(model: str, datatype: str, shape: list[int], raw: bytes = b"", **contents: Any) -> bytes:
    tensor = {"name": "input", "datatype": datatype, "shape": shape, **({"contents": contents} if contents else {})}
    message: bytes = ModelInferRequest(
        model_name=model, inputs=[tensor], raw_input_contents=[raw] if raw else []
    ).SerializeToString()
    return message


def slow(turns: int) -> bytes:
    return request("slow", "FP64", [1, 1], np.array([turns], "<f8").tobytes())


ROW = request("sign", "FP32", [1, 2], np.array([1, 1], "<f4").tobytes())


def busy(served: Served, channel: grpc.Channel) -> grpc.Future:
    """Keep the worker busy with one call."""
    call = infer(channel, slow(A_SECOND))
    assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1)
    return call


def refusal(call: grpc.Future) -> tuple[str, str, str]:
    """Return the name of the status, the reason and the sentence."""
    error = call.exception()
    assert isinstance(error, grpc.RpcError)
    return error.code().name, dict(error.trailing_metadata()).get("reason", ""), error.details()


def test_health_of_the_server_and_its_service(channel: grpc.Channel) -> None:
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert (
        check(b"") == check(ModelReadyRequest(name="inference.GRPCInferenceService").SerializeToString()) == b"\x08\1"
    )
    assert refusal(check.future(ModelReadyRequest(name="other").SerializeToString()))[:2] == ("NOT_FOUND", "path")
    assert refusal(channel.unary_unary("/grpc.health.v1.Health/Watch").future(b""))[0] == "UNIMPLEMENTED"


@pytest.mark.parametrize(
    "method", [SERVICE + "ModelStreamInfer", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"]
)
def test_a_stream_to_a_method_that_is_not_there_is_refused_before_it_ends(channel: grpc.Channel, method: str) -> None:
    ended = threading.Event()

    def messages() -> Iterator[bytes]:
        yield ROW
        ended.wait(60)

    call = channel.stream_stream(method)(messages(), timeout=30)
    try:
        with pytest.raises(grpc.RpcError) as caught:
            next(call)
    finally:
        ended.set()
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "ModelInfer" in caught.value.details()


@pytest.mark.parametrize(
    ("message", "values"),
    [
        (request("sign", "fp32", [2, 2], fp32_contents=[1, 1, -3, 1]), [1, 0]),
        (request("ink", "BYTES", [2], bytes_contents=[images.png(images.BAR), images.png(images.BLOCK)]), [0, 1]),
        (request("ink", "FP32", [1, 28, 28], fp32_contents=(images.BLOCK / 255).ravel().tolist()), [1]),
    ],
)
def test_typed_contents_are_answered_in_typed_contents(
    channel: grpc.Channel, message: bytes, values: list[int]
) -> None:
    response = ModelInferResponse.FromString(infer(channel, message).result())
    assert list(response.outputs[0].contents.int64_contents) == values
    assert len(response.outputs[1].contents.fp32_contents) == 2 * len(values)
    assert not response.raw_output_contents


def test_refusal_has_the_sentence_of_http_and_its_reason(channel: grpc.Channel) -> None:
    message = request("sign", "FP32", [1, 2], np.array([1, np.inf], "<f4").tobytes())
    assert refusal(infer(channel, message)) == ("INVALID_ARGUMENT", "value_range", "y must be a finite FP32 number.")
    message = request("ink", "BYTES", [1], bytes_contents=[b"GIF89a"])
    assert refusal(infer(channel, message))[:2] == ("INVALID_ARGUMENT", "media_type")
    message = request("sign", "INT8", [1, 2], int_contents=[1, 300])
    assert refusal(infer(channel, message))[:2] == ("INVALID_ARGUMENT", "value_range")
    message = request("sign", "FP32", [1, 2], fp64_contents=[1, 1])
    assert refusal(infer(channel, message))[:2] == ("INVALID_ARGUMENT", "value_type")


def test_time_before_the_server_reads_a_call_counts(served: Served, channel: grpc.Channel) -> None:
    assert infer(channel, ROW).result()
    before = Scrape(served.url)
    served.process.send_signal(signal.SIGSTOP)
    calls = [infer(channel, ROW), infer(channel, ROW, timeout=0.2)]
    time.sleep(0.5)
    served.process.send_signal(signal.SIGCONT)
    assert calls[0].result()
    assert calls[1].exception().code() == grpc.StatusCode.DEADLINE_EXCEEDED
    after = Scrape(served.url)
    seconds = "mlserving_request_seconds_sum"
    route = "/inference.GRPCInferenceService/ModelInfer"
    assert after.total(seconds, route=route) - before.total(seconds, route=route) > 0.4


def test_full_queue_is_unavailable_and_probes_are_answered(served: Served, channel: grpc.Channel) -> None:
    long = [busy(served, channel), *(infer(channel, slow(1)) for _ in range(20))]
    assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 8)
    assert infer(channel, ROW).result()
    assert not long[0].done()
    outcomes = [call.exception() for call in long]
    refused = [error for error in outcomes if error]
    assert len(refused) == 13  # the queue has 8 places
    for error in refused:
        metadata = dict(error.trailing_metadata())
        assert (error.code().name, metadata["reason"], metadata["grpc-retry-pushback-ms"]) == (
            "UNAVAILABLE",
            "queue",
            "1000",
        )


def test_nothing_is_predicted_after_the_deadline_or_for_a_caller_who_left(
    served: Served, channel: grpc.Channel
) -> None:
    before = Scrape(served.url).total("mlserving_batch_rows_sum", model="slow")
    first = busy(served, channel)
    late = [infer(channel, slow(1), timeout=0.1) for _ in range(3)]
    left = [infer(channel, slow(1)) for _ in range(3)]
    time.sleep(0.1)
    for call in left:
        call.cancel()
    # A call is refused at once if the server knows by then that its turn will come too late.
    assert {refusal(call)[0] for call in late} <= {"DEADLINE_EXCEEDED", "UNAVAILABLE"}
    assert first.result()
    assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 0)
    assert Scrape(served.url).total("mlserving_batch_rows_sum", model="slow") == before + 1


def test_predictions_over_http_and_grpc_are_counted_together(served: Served, channel: grpc.Channel) -> None:
    names = ("request_count_total", "request_processing_seconds_count")
    before = Scrape(served.url)
    assert infer(channel, ROW).result()
    assert refusal(infer(channel, b"\xff"))[1] == "message"
    assert channel.unary_unary(SERVICE + "ServerLive")(b"")  # no prediction, nor are the scrapes
    for path in ("/predict", "/predict/sign", "/v2/models/price/versions/9/infer"):
        httpx.post(served.url + path, json={"x": 1, "y": 1})
    after = Scrape(served.url)
    assert [after.total(name) - before.total(name) for name in names] == [4, 4]


def test_calls_are_counted_and_logged_as_requests_are(served: Served, channel: grpc.Channel) -> None:
    about = {"route": SERVICE + "ModelInfer"}
    before = Scrape(served.url)
    call = infer(channel, ROW, x_request_id="of=this/call+", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert call.result()
    metadata = dict(call.trailing_metadata())
    assert metadata["x-request-id"] == "of=this/call+"
    assert metadata["traceparent"] == "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    assert refusal(infer(channel, b"\xff"))[1] == "message"
    after = Scrape(served.url)
    for status, reason in (("200", ""), ("400", "message")):
        name = "mlserving_requests_total"
        assert after.total(name, status=status, **about) - before.total(name, status=status, **about) == 1
        if reason:
            name = "mlserving_refused_total"
            assert after.total(name, reason=reason) - before.total(name, reason=reason) == 1

    def lines() -> list[dict[str, Any]]:
        found = map(json.loads, served.log.read_text().splitlines())
        return [line for line in found if line.get("id") == "of=this/call+"]

    assert eventually(lambda: len(lines()) == 1, 1)
    (line,) = lines()
    assert (line["route"], line["method"], line["status"]) == (SERVICE + "ModelInfer", "GRPC", 200)
    assert line["trace_id"] == "a" * 32


def test_command_of_the_document_predicts(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    found = re.search(r"\$ GRPC_PORT=8081 make serve\n\$ python -c '(.*?)'\n```", text, re.DOTALL)
    assert found
    port = free_port()
    breast = {"MODEL_NAME": "breast_model", "MODEL_PATH": "model/bundles/breast_model", "GRPC_PORT": str(port)}
    with serving(breast, tmp_path / "log"):
        program = found[1].replace("8081", str(port))
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    probabilities = [float(number) for number in done.stdout.strip("[]\n").split()]
    assert len(probabilities) == 2
    assert sum(probabilities) == pytest.approx(1)


def test_server_without_the_port_loads_none_of_it() -> None:
    """Neither our modules nor threads of gRPC: a pod without GRPC_PORT needs no more memory than before."""
    program = "import sys, server.start; print([name for name in sys.modules if name.startswith('server.grpc')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"


def test_port_that_is_taken_stops_the_start(grpc_models: dict[str, str], tmp_path: Path, served: Served) -> None:
    port = served.url.rpartition(":")[2]
    taken = serving(grpc_models | {"GRPC_PORT": port}, tmp_path / "log")
    with pytest.raises(AssertionError, match=f"GRPC_PORT {port} cannot be opened"), taken:
        pass


def test_rolling_restart_loses_no_call(grpc_models: dict[str, str], tmp_path: Path) -> None:
    """Callers of two pods keep calling while one of them drains and stops."""
    ports = [free_port(), free_port()]
    target = f"ipv4:127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}"
    options = [("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]}))]
    with (
        serving(grpc_models | {"GRPC_PORT": str(ports[0])}, tmp_path / "one") as one,
        serving(grpc_models | {"GRPC_PORT": str(ports[1])}, tmp_path / "two"),
        ThreadPoolExecutor(8) as pool,
    ):
        end = time.monotonic() + 4

        def caller(_number: int) -> int:
            calls = 0
            with grpc.insecure_channel(target, [*options, ("grpc.use_local_subchannel_pool", 1)]) as channel:
                call = channel.unary_unary(SERVICE + "ModelInfer")
                while time.monotonic() < end:
                    assert call(ROW, timeout=5)
                    calls += 1
            return calls

        calls = [pool.submit(caller, number) for number in range(8)]
        time.sleep(1)
        one.process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        assert one.stop() == 0
        assert min(call.result() for call in calls) > 10
