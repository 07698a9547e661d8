import json
import struct
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest

from server.errors import InvalidInput
from server.predictor import Predictor
from server.rows import v2
from server.v2.body import JSON_LENGTH

INPUT = {"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [1, 1, -3, 1]}


def infer(predictor: Predictor, request: Any, binary: bytes = b"") -> tuple[Any, bytes]:
    head = json.dumps(request).encode()
    headers = {JSON_LENGTH: b"%d" % len(head)} if binary else {}
    body, answered = v2.infer(predictor, head + binary, headers)
    length = int(dict(answered).get(JSON_LENGTH, len(body)))
    return json.loads(body[:length]), body[length:]


def test_flat_and_nested_data_answer_alike(sign: Predictor) -> None:
    flat, _ = infer(sign, {"inputs": [INPUT]})
    nested, _ = infer(sign, {"inputs": [INPUT | {"data": [[1, 1], [-3, 1]]}]})
    assert flat["outputs"] == nested["outputs"]
    assert flat["model_name"] == "sign"
    assert flat["model_version"] == "1.2.3"
    assert flat["outputs"][0] == {"name": "prediction", "shape": [2], "datatype": "INT64", "data": [1, 0]}
    assert flat["outputs"][1]["shape"] == [2, 2]


def test_the_id_is_given_back(sign: Predictor) -> None:
    assert infer(sign, {"id": "seven", "inputs": [INPUT]})[0]["id"] == "seven"


@pytest.mark.parametrize("none", [{}, {"id": None, "parameters": None, "outputs": None}, {"id": ""}])
def test_an_answer_has_an_id_of_its_own_where_none_was_sent(sign: Predictor, none: dict[str, Any]) -> None:
    first, second = (infer(sign, {"inputs": [INPUT], **none})[0]["id"] for _ in "12")
    assert UUID(first) != UUID(second)


def test_only_the_outputs_asked_for_are_sent(sign: Predictor) -> None:
    answer, _ = infer(sign, {"inputs": [INPUT], "outputs": [{"name": "probabilities"}]})
    assert [output["name"] for output in answer["outputs"]] == ["probabilities"]


def test_binary_tensors_answer_as_json_does(sign: Predictor) -> None:
    data = np.array([[1, 1], [-3, 1]], "<f4").tobytes()
    tensor = {"name": "input", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": len(data)}}
    answer, rest = infer(sign, {"inputs": [tensor], "parameters": {"binary_data_output": True}}, data)
    assert [output["parameters"]["binary_data_size"] for output in answer["outputs"]] == [16, 16]
    assert np.frombuffer(rest[:16], "<i8").tolist() == [1, 0]
    plain, _ = infer(sign, {"inputs": [INPUT]})
    assert np.frombuffer(rest[16:], "<f4").tolist() == pytest.approx(plain["outputs"][1]["data"])


def test_binary_strings(price: Predictor) -> None:
    colours = b"".join(struct.pack("<I", len(word)) + word for word in (b"red", b"blue"))
    sizes = np.array([1, 2], "<f4").tobytes()
    request = {
        "inputs": [
            {"name": "colour", "shape": [2, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(colours)}},
            {"name": "size", "shape": [2, 1], "datatype": "FP32", "parameters": {"binary_data_size": len(sizes)}},
        ]
    }
    answer, _ = infer(price, request, colours + sizes)
    assert answer["outputs"] == [{"name": "prediction", "shape": [2], "datatype": "FP32", "data": [2.0, 4.0]}]


def test_a_binary_nan_passes_only_where_a_value_may_be_missing(gap: Predictor, sign: Predictor) -> None:
    tensor = {"name": "input", "shape": [1, 1], "datatype": "FP64", "parameters": {"binary_data_size": 8}}
    answer, _ = infer(gap, {"inputs": [tensor]}, struct.pack("<d", float("nan")))
    assert answer["outputs"][0]["data"] == [-1.0]
    tensor = {"name": "input", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    for value in (float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="y must be a finite number"):
            infer(sign, {"inputs": [tensor]}, struct.pack("<2f", 1.0, value))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "x"}, "the inputs input, each once"),
        ({"datatype": "FP64"}, "the datatype FP32"),
        ({"datatype": "BOOL"}, "the datatype FP32"),
        ({"shape": [-2, 2]}, "the shape"),
        ({"shape": [0, 2], "data": []}, "the shape"),
        ({"shape": [4]}, "the shape"),
        ({"shape": [2, 2, 1]}, "the shape"),
        ({"shape": [1, 4]}, "the shape"),
        ({"shape": [3, 2]}, "disagree"),
        ({"shape": [1_000_000_000_000, 2]}, "disagree"),
        ({"shape": [2.5, 2]}, "V2 request"),
        ({"shape": [True, 2]}, "V2 request"),
        ({"data": ["1", "1", "1", "1"]}, "list of numbers"),
        ({"data": [1, 1, True, 1]}, "list of numbers"),
        ({"data": [1, 1, None, 1]}, "list of numbers"),
        ({"data": [[1, 1], [1]]}, "disagree"),
        ({"data": [[1], [1], [1], [1]]}, "disagree"),
        ({"data": 4}, "list of numbers"),
        ({"data": None}, "list of numbers"),
        ({"data": [1, 1, 1, 1e39]}, "too large for FP32"),
        ({"data": [1, 1, 1, 10**400]}, "list of numbers"),
        ({"parameters": {"binary_data_size": 16}}, "binary_data_size"),
        ({"parameters": 7}, "V2 request"),
    ],
)
def test_a_misfit_is_refused(sign: Predictor, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        infer(sign, {"inputs": [INPUT | change]})


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({}, "V2 request"),
        ({"inputs": []}, "the inputs input"),
        ({"inputs": [INPUT, INPUT]}, "each once"),
        ({"inputs": INPUT}, "V2 request"),
        ([], "V2 request"),
        ({"inputs": [INPUT], "id": 7}, "V2 request"),
        ({"inputs": [INPUT], "outputs": [{"name": "other"}]}, "the outputs prediction, probabilities"),
        ({"inputs": [INPUT], "outputs": [{"name": "prediction"}] * 2}, "once at most"),
    ],
)
def test_a_malformed_request_is_refused(sign: Predictor, request_: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        infer(sign, request_)


@pytest.mark.parametrize(("size", "sent"), [(16, 15), (15, 15), (16, 17), (-1, 16), (True, 16), ("16", 16)])
def test_binary_sizes_that_disagree_are_refused(sign: Predictor, size: object, sent: int) -> None:
    tensor = {"name": "input", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": size}}
    with pytest.raises(InvalidInput):
        infer(sign, {"inputs": [tensor]}, b"\0" * sent)


def test_a_tensor_is_sent_once(sign: Predictor) -> None:
    tensor = INPUT | {"parameters": {"binary_data_size": 16}}
    with pytest.raises(InvalidInput, match="with no data beside it"):
        infer(sign, {"inputs": [tensor]}, b"\0" * 16)


@pytest.mark.parametrize("length", ["-1", "x", "99999", "１", "9" * 5000])
def test_a_wrong_json_length_is_refused(sign: Predictor, length: str) -> None:
    with pytest.raises(InvalidInput, match="Inference-Header-Content-Length"):
        v2.infer(sign, b"{}", {JSON_LENGTH: length.encode()})


def test_a_string_that_the_model_knows_nothing_of_is_refused_where_it_takes_no_other(price: Predictor) -> None:
    colour, size = price.task.features
    price.task = replace(price.task, features=(replace(colour, closed=True), size))
    request = {
        "inputs": [
            {"name": "colour", "shape": [1, 1], "datatype": "BYTES", "data": ["green"]},
            {"name": "size", "shape": [1, 1], "datatype": "FP32", "data": [1]},
        ]
    }
    with pytest.raises(InvalidInput, match="colour must be one of blue, red"):
        infer(price, request)


@pytest.mark.parametrize("strings", [b"\3\0\0\0re", b"\3\0\0\0redX", b"\xff\xff\xff\xff", b"\1\0\0\0\xff", b""])
def test_broken_binary_strings_are_refused(price: Predictor, strings: bytes) -> None:
    request = {
        "inputs": [
            {"name": "colour", "shape": [1, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(strings)}},
            {"name": "size", "shape": [1, 1], "datatype": "FP32", "parameters": {"binary_data_size": 4}},
        ]
    }
    with pytest.raises(InvalidInput):
        infer(price, request, strings + b"\0\0\0\0")


def test_v2_over_http_in_both_forms(client: httpx.Client) -> None:
    answer = client.post("/v2/models/sign/infer", json={"inputs": [INPUT]})
    assert answer.status_code == 200
    assert answer.json()["outputs"][0]["data"] == [1, 0]
    head = json.dumps({"inputs": [{**INPUT, "data": None, "parameters": {"binary_data_size": 16}}]}).encode()
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": str(len(head))}
    body = head + struct.pack("<4f", 1, 1, -3, 1)
    answer = client.post("/v2/models/sign/infer", content=body, headers=headers)
    assert answer.json()["outputs"][0]["data"] == [1, 0]


def test_keys_and_parameters_of_others_are_let_pass(sign: Predictor) -> None:
    plain, _ = infer(sign, {"inputs": [INPUT]})
    more = {"model_name": "other", "model_version": {"a": [1]}, "timeout": 3}
    parameters = {"sequence_id": 1, "priority": "a:b", "content": {"x": []}}
    answer, _ = infer(sign, {"inputs": [INPUT | {"parameters": parameters}], "parameters": parameters, **more})
    assert answer["outputs"] == plain["outputs"]


@pytest.mark.parametrize(
    "written",
    [
        '{"inputs":[TENSOR],"inputs":[TENSOR]}',
        '{"inputs":[{"name":"x","name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]}',
        '{"id":"a","id":"a","inputs":[TENSOR]}',
        '{"parameters":{"binary_data_output":true,"binary_data_output":false},"inputs":[TENSOR]}',
        '{"parameters":{"other":true,"other":false},"inputs":[TENSOR]}',
        '{"outputs":[{"name":"prediction","name":"prediction"}],"inputs":[TENSOR]}',
        '{"x":{"y":1,"y":2},"inputs":[TENSOR]}',
    ],
)
def test_a_key_sent_twice_is_refused(sign: Predictor, written: str) -> None:
    with pytest.raises(InvalidInput, match="same key twice"):
        v2.infer(sign, written.replace("TENSOR", json.dumps(INPUT)).encode(), {})


def test_an_id_may_hold_anything_a_string_may(sign: Predictor) -> None:
    for identity in ("urn:uuid:1", 'a"b\\', "é\u0000"):
        assert infer(sign, {"id": identity, "inputs": [INPUT]})[0]["id"] == identity


@pytest.mark.parametrize(
    "request_",
    [
        {"parameters": {"binary_data_output": 1}},
        {"parameters": {"binary_data_output": "true"}},
        {"outputs": [{"name": "prediction", "parameters": {"binary_data": "no"}}]},
        {"outputs": [{"name": "prediction", "parameters": {"binary_data": None}}]},
        {"outputs": ["prediction"]},
        {"id": ["a"]},
    ],
)
def test_what_would_not_be_understood_is_refused(sign: Predictor, request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="V2 request"):
        infer(sign, {"inputs": [INPUT], **request_})


def test_an_output_is_binary_where_it_or_the_whole_request_says_so(sign: Predictor) -> None:
    outputs = [{"name": "probabilities", "parameters": {"binary_data": False}}, {"name": "prediction"}]
    answer, rest = infer(sign, {"inputs": [INPUT], "outputs": outputs, "parameters": {"binary_data_output": True}})
    assert [list(output)[-1] for output in answer["outputs"]] == ["data", "parameters"]
    assert np.frombuffer(rest, "<i8").tolist() == [1, 0]


@pytest.mark.parametrize("data", [[["red"], "blue"], ["red", ["blue"]], [["red", "blue"]], ["red"], [[1], [2]], "red"])
def test_strings_are_as_strict_as_numbers(price: Predictor, data: Any) -> None:
    size = {"name": "size", "shape": [2, 1], "datatype": "FP32", "data": [1, 2]}
    colour = {"name": "colour", "shape": [2, 1], "datatype": "BYTES"}
    answer, _ = infer(price, {"inputs": [size, colour | {"data": [["red"], ["blue"]]}]})
    assert answer["outputs"][0]["data"] == [2, 4]
    with pytest.raises(InvalidInput, match="Input colour: data"):
        infer(price, {"inputs": [size, colour | {"data": data}]})


def test_inputs_of_different_lengths_are_refused(price: Predictor) -> None:
    size = {"name": "size", "shape": [1, 1], "datatype": "FP32", "data": [1]}
    colour = {"name": "colour", "shape": [2, 1], "datatype": "BYTES", "data": ["red", "blue"]}
    with pytest.raises(InvalidInput, match="different numbers of rows"):
        infer(price, {"inputs": [size, colour]})
