import json
import socket
from collections.abc import Callable

import numpy as np
import pytest

from loadtest.bench import request_spec
from loadtest.bench.request_spec import WrongAnswer

Port = Callable[..., int]

MALIGNANT, BENIGN = {"area_se": 153.4, "area_worst": 2019.0}, {"area_se": 19.0, "area_worst": 500.0}
TWO = ([MALIGNANT, BENIGN], [1, 0])


def test_a_right_answer_is_given_back(port: Port) -> None:
    answer = request_spec.plain(([MALIGNANT], [1])).check(port())
    assert json.loads(answer)["label"] == "M"


def test_a_batch_is_right_when_each_of_its_answers_is(port: Port) -> None:
    running = port()
    request_spec.batch(TWO).check(running)
    with pytest.raises(WrongAnswer, match="other classes"):
        request_spec.batch(([MALIGNANT, BENIGN], [1, 1])).check(running)


def test_an_answer_of_another_class_is_wrong(port: Port) -> None:
    with pytest.raises(WrongAnswer, match="other classes"):
        request_spec.plain(([MALIGNANT], [1])).check(port("--lie"))


def test_a_refusal_is_wrong_and_its_status_is_told(port: Port) -> None:
    with pytest.raises(WrongAnswer, match="503"):
        request_spec.plain(([MALIGNANT], [1])).check(port("--refuse"))


def test_v1_sends_the_values_in_their_order() -> None:
    assert json.loads(request_spec.v1(TWO).body) == {"instances": [[153.4, 2019.0], [19.0, 500.0]]}


def test_v2_sends_them_flat_with_their_shape() -> None:
    (tensor,) = json.loads(request_spec.v2(TWO).body)["inputs"]
    assert (tensor["shape"], tensor["data"]) == ([2, 2], [153.4, 2019.0, 19.0, 500.0])


def test_v2_in_binary_sends_them_behind_the_json() -> None:
    ask = request_spec.v2_binary(TWO)
    length = int(ask.headers[request_spec.JSON_LENGTH])
    (tensor,) = json.loads(ask.body[:length])["inputs"]
    assert tensor["parameters"]["binary_data_size"] == len(ask.body) - length
    assert np.frombuffer(ask.body[length:], "<f4").tolist() == pytest.approx([153.4, 2019.0, 19.0, 500.0])


@pytest.mark.parametrize("data", [[1, 0], [1, 1]])
def test_v2_is_read_from_json_and_from_bytes(data: list[int]) -> None:
    ask = request_spec.v2(TWO)
    in_json = json.dumps({"outputs": [{"datatype": "INT64", "data": data}, {"data": [0.5]}]}).encode()
    assert ask.read(in_json, {}) == data
    output = {"datatype": "INT64", "parameters": {"binary_data_size": 16}}
    head = json.dumps({"outputs": [output, {}]}).encode()
    in_bytes = head + np.array(data, "<i8").tobytes() + b"more"
    assert ask.read(in_bytes, {"inference-header-content-length": str(len(head))}) == data


def test_the_whole_request_is_what_goes_over_the_wire(port: Port) -> None:
    ask = request_spec.plain(([MALIGNANT], [1]))
    with socket.create_connection(("127.0.0.1", port()), timeout=10) as connection:
        connection.sendall(ask.http() + request_spec.get("/health"))
        answers = b""
        while b'"status": "ok"' not in answers:
            answers += connection.recv(10_000)
    assert b'"label": "M"' in answers
