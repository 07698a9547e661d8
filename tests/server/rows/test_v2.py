import json
import struct
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest

from server.errors import InvalidReason
from server.predictor import Predictor
from server.rows import v2
from server.v2.request import JSON_LENGTH
from tests.server.refusal import refusal

INPUT = {"name": "input", "shape": [2, 2], "datatype": "FP32", "data": [1, 1, -3, 1]}


def infer(predictor: Predictor, request: Any, binary: bytes = b"") -> tuple[Any, bytes]:
    head = json.dumps(request).encode()
    headers = {JSON_LENGTH: b"%d" % len(head)} if binary else {}
    body, response_headers = v2.infer(predictor, head + binary, headers)
    length = int(dict(response_headers).get(JSON_LENGTH, len(body)))
    return json.loads(body[:length]), body[length:]


def test_flat_and_nested_data_give_the_same_response(sign: Predictor) -> None:
    flat, _ = infer(sign, {"inputs": [INPUT]})
    nested, _ = infer(sign, {"inputs": [INPUT | {"data": [[1, 1], [-3, 1]]}]})
    assert flat["outputs"] == nested["outputs"]
    assert flat["model_name"] == "sign"
    assert flat["model_version"] == "1.2.3"
    assert flat["outputs"][0] == {"name": "prediction", "shape": [2], "datatype": "INT64", "data": [1, 0]}
    assert flat["outputs"][1]["shape"] == [2, 2]


def test_the_id_of_the_request_is_returned(sign: Predictor) -> None:
    assert infer(sign, {"id": "seven", "inputs": [INPUT]})[0]["id"] == "seven"


@pytest.mark.parametrize("none", [{}, {"id": None, "parameters": None, "outputs": None}, {"id": ""}])
def test_a_request_without_id_gets_a_new_one(sign: Predictor, none: dict[str, Any]) -> None:
    first, second = (infer(sign, {"inputs": [INPUT], **none})[0]["id"] for _ in range(2))
    assert UUID(first) != UUID(second)


def test_only_requested_outputs_are_sent(sign: Predictor) -> None:
    response, _ = infer(sign, {"inputs": [INPUT], "outputs": [{"name": "probabilities"}]})
    assert [output["name"] for output in response["outputs"]] == ["probabilities"]


def test_a_binary_tensor_gives_the_same_response_as_json(sign: Predictor) -> None:
    data = np.array([[1, 1], [-3, 1]], "<f4").tobytes()
    tensor = {"name": "input", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": len(data)}}
    response, rest = infer(sign, {"inputs": [tensor], "parameters": {"binary_data_output": True}}, data)
    assert [output["parameters"]["binary_data_size"] for output in response["outputs"]] == [16, 16]
    assert np.frombuffer(rest[:16], "<i8").tolist() == [1, 0]
    plain, _ = infer(sign, {"inputs": [INPUT]})
    assert np.frombuffer(rest[16:], "<f4").tolist() == pytest.approx(plain["outputs"][1]["data"])


def test_binary_strings_are_read(price: Predictor) -> None:
    colours = b"".join(struct.pack("<I", len(word)) + word for word in (b"red", b"blue"))
    sizes = np.array([1, 2], "<f4").tobytes()
    request = {
        "inputs": [
            {"name": "colour", "shape": [2, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(colours)}},
            {"name": "size", "shape": [2, 1], "datatype": "FP32", "parameters": {"binary_data_size": len(sizes)}},
        ]
    }
    response, _ = infer(price, request, colours + sizes)
    assert response["outputs"] == [{"name": "prediction", "shape": [2], "datatype": "FP32", "data": [2.0, 4.0]}]


def test_a_binary_nan_is_accepted_only_for_an_optional_feature(gap: Predictor, sign: Predictor) -> None:
    tensor = {"name": "input", "shape": [1, 1], "datatype": "FP64", "parameters": {"binary_data_size": 8}}
    response, _ = infer(gap, {"inputs": [tensor]}, struct.pack("<d", float("nan")))
    assert response["outputs"][0]["data"] == [-1.0]
    tensor = {"name": "input", "shape": [1, 2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    for value in (float("nan"), float("inf")):
        error = refusal(infer, sign, {"inputs": [tensor]}, struct.pack("<2f", 1.0, value))
        assert error.reason == "value_range"
        assert error.sentence.startswith("y ")
    tensor["shape"], tensor["parameters"] = [2, 2], {"binary_data_size": 16}
    error = refusal(infer, sign, {"inputs": [tensor]}, struct.pack("<4f", 1.0, 2.0, float("nan"), 1.0))
    assert error.sentence.startswith("Row 1: x ")


@pytest.mark.parametrize(
    ("change", "reason", "fact"),
    [
        ({"name": "x"}, "inputs", "each once: x, y."),
        ({"datatype": "BYTES"}, "datatype", "FP32"),
        ({"datatype": "float32"}, "datatype", "FP32"),
        ({"datatype": "BOOL"}, "value_type", "list of booleans"),
        ({"shape": [-2, 2]}, "shape", "[rows, 2]"),
        ({"shape": [0, 2], "data": []}, "shape", "[rows, 2]"),
        ({"shape": [4]}, "shape", "[rows, 2]"),
        ({"shape": [2, 2, 1]}, "shape", "[rows, 2]"),
        ({"shape": [1, 4]}, "shape", "[rows, 2]"),
        ({"shape": [3, 2]}, "shape", "data and shape disagree"),
        ({"shape": [1_000_000_000_000, 2]}, "shape", "data and shape disagree"),
        ({"shape": [2.5, 2]}, "structure", "The field shape of inputs[0] must be a list of whole numbers."),
        ({"shape": [True, 2]}, "structure", "The field shape of inputs[0] must be"),
        ({"data": ["1", "1", "1", "1"]}, "value_type", "list of numbers"),
        ({"data": [1, 1, True, 1]}, "value_type", "list of numbers"),
        ({"data": [1, 1, None, 1]}, "value_type", "list of numbers"),
        ({"data": [[1, 1], [1]]}, "shape", "data and shape disagree"),
        ({"data": [[1], [1], [1], [1]]}, "shape", "data and shape disagree"),
        ({"data": 4}, "value_type", "list of numbers"),
        ({"data": None}, "value_type", "list of numbers"),
        ({"data": [1, 1, 1, 1e39]}, "value_range", "out of range for FP32"),
        ({"data": [1, 1, 1, 10**400]}, "value_type", "list of numbers"),
        ({"parameters": {"binary_data_size": 16}}, "binary_data", "binary_data_size"),
        ({"shape": "2"}, "structure", "The field shape of inputs[0] must be a list of whole numbers."),
        ({"name": 7}, "structure", "The field name of inputs[0] must be a string."),
        ({"datatype": None}, "structure", "The field datatype of inputs[0] must be a string."),
        ({"parameters": 7}, "structure", "The field parameters of inputs[0] must be an object."),
        (
            {"parameters": {"binary_data_size": "8"}},
            "structure",
            "The field binary_data_size of parameters of inputs[0] must be a whole number.",
        ),
    ],
)
def test_an_invalid_tensor_is_refused(
    sign: Predictor, change: dict[str, Any], reason: InvalidReason, fact: str
) -> None:
    error = refusal(infer, sign, {"inputs": [INPUT | change]})
    assert error.reason == reason
    assert fact in error.sentence


@pytest.mark.parametrize(
    ("request_", "reason", "fact"),
    [
        ({}, "structure", "The field inputs is missing."),
        ({"inputs": []}, "inputs", "each once: x, y. Or send one, input, with all 2 columns."),
        ({"inputs": [INPUT, INPUT]}, "inputs", "each once: x, y."),
        ({"inputs": INPUT}, "structure", "The field inputs must be a list of tensors."),
        ({"inputs": [7]}, "structure", "The field inputs[0] must be an object."),
        ([], "structure", "must be a JSON object"),
        ({"inputs": [INPUT], "id": 7}, "structure", "The field id must be a string."),
        ({"inputs": [INPUT], "model_name": 7}, "structure", "The field model_name must be a string."),
        ({"inputs": [INPUT], "parameters": "x"}, "structure", "The field parameters must be an object."),
        (
            {"inputs": [INPUT], "parameters": {"binary_data_output": "x"}},
            "structure",
            "The field binary_data_output of parameters must be true or false.",
        ),
        ({"inputs": [INPUT], "outputs": "x"}, "structure", "The field outputs must be a list of objects."),
        ({"inputs": [INPUT], "outputs": [INPUT, "x"]}, "structure", "The field outputs[1] must be an object."),
        ({"inputs": [INPUT], "outputs": [{}]}, "structure", "The field name of outputs[0] is missing."),
        (
            {"inputs": [INPUT], "outputs": [{"name": "prediction", "parameters": {"binary_data": 1}}]},
            "structure",
            "The field binary_data of parameters of outputs[0] must be true or false.",
        ),
        (
            {"inputs": [INPUT], "outputs": [{"name": "other"}]},
            "outputs",
            "the outputs prediction, probabilities, warnings.",
        ),
        ({"inputs": [INPUT], "outputs": [{"name": "prediction"}] * 2}, "outputs", "at most once"),
    ],
)
def test_an_invalid_request_is_refused(sign: Predictor, request_: Any, reason: InvalidReason, fact: str) -> None:
    error = refusal(infer, sign, request_)
    assert error.reason == reason
    assert fact in error.sentence


@pytest.mark.parametrize("field", ["name", "shape", "datatype"])
def test_a_missing_field_of_a_tensor_is_named(sign: Predictor, field: str) -> None:
    incomplete = {name: value for name, value in INPUT.items() if name != field}
    error = refusal(infer, sign, {"inputs": [INPUT, incomplete]})
    assert error.reason == "structure"
    assert error.sentence.startswith(f"The field {field} of inputs[1] is missing.")


@pytest.mark.parametrize(
    ("size", "sent", "reason"),
    [
        (16, 15, "binary_data"),
        (15, 15, "shape"),
        (16, 17, "binary_data"),
        (-1, 16, "binary_data"),
        (True, 16, "structure"),
        ("16", 16, "structure"),
    ],
)
def test_a_wrong_binary_data_size_is_refused(sign: Predictor, size: object, sent: int, reason: InvalidReason) -> None:
    tensor = {"name": "input", "shape": [2, 2], "datatype": "FP32", "parameters": {"binary_data_size": size}}
    assert refusal(infer, sign, {"inputs": [tensor]}, b"\0" * sent).reason == reason


def test_a_tensor_both_in_json_and_in_binary_is_refused(sign: Predictor) -> None:
    tensor = INPUT | {"parameters": {"binary_data_size": 16}}
    error = refusal(infer, sign, {"inputs": [tensor]}, b"\0" * 16)
    assert error.reason == "binary_data"
    assert "no data in the JSON" in error.sentence


@pytest.mark.parametrize("length", ["-1", "x", "99999", "１", "9" * 5000])
def test_a_wrong_json_length_is_refused(sign: Predictor, length: str) -> None:
    error = refusal(v2.infer, sign, b"{}", {JSON_LENGTH: length.encode()})
    assert error.reason == "header"
    assert "Inference-Header-Content-Length" in error.sentence


def test_blanks_behind_the_json_length_are_no_part_of_it(sign: Predictor) -> None:
    body = json.dumps({"id": "x", "inputs": [INPUT]}).encode()
    assert v2.infer(sign, body, {JSON_LENGTH: b"%d \t" % len(body)}).body == v2.infer(sign, body, {}).body


def test_a_string_outside_closed_categories_is_refused_with_the_categories(price: Predictor) -> None:
    colour, size = price.task.features
    price.task = replace(price.task, features=(replace(colour, closed=True), size))
    request = {
        "inputs": [
            {"name": "colour", "shape": [1, 1], "datatype": "BYTES", "data": ["green"]},
            {"name": "size", "shape": [1, 1], "datatype": "FP32", "data": [1]},
        ]
    }
    error = refusal(infer, price, request)
    assert error.reason == "unknown_category"
    assert error.sentence == "colour must be one of blue, red."


@pytest.mark.parametrize(
    ("strings", "reason"),
    [
        (b"\3\0\0\0re", "shape"),
        (b"\3\0\0\0redX", "shape"),
        (b"\xff\xff\xff\xff", "shape"),
        (b"\1\0\0\0\xff", "value_type"),
        (b"", "shape"),
    ],
)
def test_broken_binary_strings_are_refused(price: Predictor, strings: bytes, reason: InvalidReason) -> None:
    request = {
        "inputs": [
            {"name": "colour", "shape": [1, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(strings)}},
            {"name": "size", "shape": [1, 1], "datatype": "FP32", "parameters": {"binary_data_size": 4}},
        ]
    }
    assert refusal(infer, price, request, strings + b"\0\0\0\0").reason == reason


def test_json_and_binary_tensors_are_answered_over_http(client: httpx.Client) -> None:
    response = client.post("/v2/models/sign/infer", json={"inputs": [INPUT]})
    assert response.status_code == 200
    assert response.json()["outputs"][0]["data"] == [1, 0]
    head = json.dumps({"inputs": [{**INPUT, "data": None, "parameters": {"binary_data_size": 16}}]}).encode()
    headers = {"content-type": "application/octet-stream", "inference-header-content-length": str(len(head))}
    body = head + struct.pack("<4f", 1, 1, -3, 1)
    response = client.post("/v2/models/sign/infer", content=body, headers=headers)
    assert response.json()["outputs"][0]["data"] == [1, 0]


def test_unknown_keys_and_parameters_are_ignored(sign: Predictor) -> None:
    plain, _ = infer(sign, {"inputs": [INPUT]})
    more = {"model_name": "other", "model_version": {"a": [1]}, "timeout": 3}
    parameters = {"sequence_id": 1, "priority": "a:b", "content": {"x": []}}
    response, _ = infer(sign, {"inputs": [INPUT | {"parameters": parameters}], "parameters": parameters, **more})
    assert response["outputs"] == plain["outputs"]


@pytest.mark.parametrize(
    "text",
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
def test_a_key_sent_twice_is_refused(sign: Predictor, text: str) -> None:
    body = text.replace("TENSOR", json.dumps(INPUT)).encode()
    assert refusal(v2.infer, sign, body, {}).reason == "duplicate_key"


def test_an_id_may_be_any_string(sign: Predictor) -> None:
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
def test_values_of_the_wrong_type_are_refused(sign: Predictor, request_: dict[str, Any]) -> None:
    assert refusal(infer, sign, {"inputs": [INPUT], **request_}).reason == "structure"


def test_an_output_overrides_the_binary_setting_of_its_request(sign: Predictor) -> None:
    outputs = [{"name": "probabilities", "parameters": {"binary_data": False}}, {"name": "prediction"}]
    response, rest = infer(sign, {"inputs": [INPUT], "outputs": outputs, "parameters": {"binary_data_output": True}})
    assert [list(output)[-1] for output in response["outputs"]] == ["data", "parameters"]
    assert np.frombuffer(rest, "<i8").tolist() == [1, 0]


@pytest.mark.parametrize("data", [[["red"], "blue"], ["red", ["blue"]], [["red", "blue"]], ["red"], [[1], [2]], "red"])
def test_strings_in_json_must_match_type_and_shape(price: Predictor, data: Any) -> None:
    size = {"name": "size", "shape": [2, 1], "datatype": "FP32", "data": [1, 2]}
    colour = {"name": "colour", "shape": [2, 1], "datatype": "BYTES"}
    response, _ = infer(price, {"inputs": [size, colour | {"data": [["red"], ["blue"]]}]})
    assert response["outputs"][0]["data"] == [2, 4]
    error = refusal(infer, price, {"inputs": [size, colour | {"data": data}]})
    assert error.reason in ("value_type", "shape")
    assert error.sentence.startswith("Input 'colour': data")


def test_inputs_with_different_numbers_of_rows_are_refused(price: Predictor) -> None:
    size = {"name": "size", "shape": [1, 1], "datatype": "FP32", "data": [1]}
    colour = {"name": "colour", "shape": [2, 1], "datatype": "BYTES", "data": ["red", "blue"]}
    assert refusal(infer, price, {"inputs": [size, colour]}).reason == "shape"
