import json
import socket
from collections.abc import Callable

import numpy as np
import pytest

from loadtest.bench import request_spec
from loadtest.bench.request_spec import MeasurementError

Port = Callable[..., int]

MALIGNANT, BENIGN = {"area_se": 153.4, "area_worst": 2019.0}, {"area_se": 19.0, "area_worst": 500.0}
TWO = ([MALIGNANT, BENIGN], [1, 0])


def test_check_returns_the_body_of_a_correct_response(port: Port) -> None:
    body = request_spec.predict(([MALIGNANT], [1])).check(port())
    assert json.loads(body)["label"] == "M"


def test_check_compares_every_prediction_of_a_batch(port: Port) -> None:
    running = port()
    request_spec.predict_batch(TWO).check(running)
    with pytest.raises(MeasurementError, match="other classes"):
        request_spec.predict_batch(([MALIGNANT, BENIGN], [1, 1])).check(running)


def test_check_refuses_another_class(port: Port) -> None:
    with pytest.raises(MeasurementError, match="other classes"):
        request_spec.predict(([MALIGNANT], [1])).check(port("--lie"))


def test_check_refuses_an_error_and_names_its_status(port: Port) -> None:
    with pytest.raises(MeasurementError, match="503"):
        request_spec.predict(([MALIGNANT], [1])).check(port("--refuse"))


def test_v1_sends_values_in_field_order() -> None:
    assert json.loads(request_spec.v1(TWO).body) == {"instances": [[153.4, 2019.0], [19.0, 500.0]]}


def test_v1_sends_objects_in_one_instance() -> None:
    assert json.loads(request_spec.v1_objects(TWO).body) == {"instances": [[MALIGNANT, BENIGN]]}


def test_v2_json_sends_flat_data_with_its_shape() -> None:
    (tensor,) = json.loads(request_spec.v2_json(TWO).body)["inputs"]
    assert (tensor["shape"], tensor["data"]) == ([2, 2], [153.4, 2019.0, 19.0, 500.0])


def test_v2_binary_sends_the_data_after_the_json() -> None:
    spec = request_spec.v2_binary(TWO)
    length = int(spec.headers[request_spec.JSON_LENGTH])
    (tensor,) = json.loads(spec.body[:length])["inputs"]
    assert tensor["parameters"]["binary_data_size"] == len(spec.body) - length
    assert np.frombuffer(spec.body[length:], "<f4").tolist() == pytest.approx([153.4, 2019.0, 19.0, 500.0])


@pytest.mark.parametrize("data", [[1, 0], [1, 1]])
def test_v2_response_is_read_from_json_and_from_binary(data: list[int]) -> None:
    spec = request_spec.v2_json(TWO)
    as_json = json.dumps({"outputs": [{"datatype": "INT64", "data": data}, {"data": [0.5]}]}).encode()
    assert spec.read(as_json, {}) == data
    output = {"datatype": "INT64", "parameters": {"binary_data_size": 16}}
    head = json.dumps({"outputs": [output, {}]}).encode()
    as_binary = head + np.array(data, "<i8").tobytes() + b"more"
    assert spec.read(as_binary, {"inference-header-content-length": str(len(head))}) == data


def test_http_is_one_whole_request(port: Port) -> None:
    spec = request_spec.predict(([MALIGNANT], [1]))
    with socket.create_connection(("127.0.0.1", port()), timeout=10) as connection:
        connection.sendall(spec.http() + request_spec.get("/health"))
        received = b""
        while b'"status": "ok"' not in received:
            received += connection.recv(10_000)
    assert b'"label": "M"' in received
