"""Numbers of every datatype, in JSON and binary, for a model of FP32 and one of FP64."""

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from server.errors import InvalidReason
from server.predictor import Predictor
from server.rows import v2
from server.v2.request import JSON_LENGTH
from tests.server.refusal import refusal

DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    **{f"INT{bits}": np.dtype(f"i{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": np.dtype(f"u{bits // 8}") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": np.dtype(f"f{bits // 8}") for bits in (16, 32, 64)},
}


def predict(predictor: Predictor, datatype: str, values: Any, *, width: int = 1, binary: bool = False) -> list[Any]:
    """Return the model's first output for a tensor with these values."""
    array = np.array(values, DTYPES[datatype]) if binary else np.array(values, np.object_)
    tensor: dict[str, Any] = {"name": "input", "shape": [array.size // width, width], "datatype": datatype}
    packed = array.tobytes() if binary else b""
    tensor |= {"parameters": {"binary_data_size": len(packed)}} if binary else {"data": values}
    head = json.dumps({"inputs": [tensor]}).encode()
    answer = v2.infer(predictor, head + packed, {JSON_LENGTH: b"%d" % len(head)})
    data: list[Any] = json.loads(answer.body)["outputs"][0]["data"]
    return data


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("datatype", DTYPES)
def test_numbers_of_any_datatype_are_predicted(sign: Predictor, gap: Predictor, datatype: str, binary: bool) -> None:
    bits = [True, False, False, False] if datatype == "BOOL" else [1, 0, 0, 0]
    assert predict(sign, datatype, bits, width=2, binary=binary) == [1, 0]
    assert predict(gap, datatype, bits, binary=binary) == [1, 0, 0, 0]


@pytest.mark.parametrize("binary", [True, False])
def test_the_limits_of_whole_numbers_are_exact(gap: Predictor, binary: bool) -> None:
    for datatype in ("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32"):
        limits = np.iinfo(DTYPES[datatype])
        assert predict(gap, datatype, [int(limits.min), int(limits.max)], binary=binary) == [limits.min, limits.max]


@pytest.mark.parametrize("binary", [True, False])
def test_numbers_are_rounded_to_the_models_datatype(gap: Predictor, sign: Predictor, binary: bool) -> None:
    assert predict(gap, "INT64", [2**53 + 1], binary=binary) == [2**53]
    assert predict(gap, "UINT64", [2**64 - 1], binary=binary) == [2**64]
    assert predict(gap, "FP32", [0.1], binary=binary) == [float(np.float32(0.1))]
    assert predict(gap, "FP16", [0.1], binary=binary) == [float(np.float16(0.1))]
    # 1 + 1e-10 is 1 in FP32, so that the sum is 0.
    assert predict(sign, "FP64", [1 + 1e-10, -1], width=2, binary=binary) == [0]


@pytest.mark.parametrize(
    ("datatype", "value", "reason"),
    [
        ("INT8", 128, "value_range"),
        ("UINT8", -1, "value_range"),
        ("UINT16", 65_536, "value_range"),
        ("INT64", 2**63, "value_range"),
        ("UINT64", 2**64, "value_range"),
        ("INT64", 10**400, "value_range"),
        ("FP16", 70_000.0, "value_range"),
        ("FP32", 1e39, "value_range"),
        ("INT32", 17.99, "value_type"),
        ("INT32", 17.0, "value_type"),
        ("INT32", True, "value_type"),
        ("INT32", "17", "value_type"),
        ("FP64", "1", "value_type"),
        ("FP64", True, "value_type"),
        ("BOOL", 1, "value_type"),
        ("BOOL", "false", "value_type"),
    ],
)
def test_a_value_that_its_datatype_does_not_have_is_refused(
    gap: Predictor, datatype: str, value: object, reason: InvalidReason
) -> None:
    error = refusal(predict, gap, datatype, [value])
    assert error.reason == reason
    assert "Input 'input'" in error.sentence or "must be a finite" in error.sentence


@pytest.mark.parametrize(
    ("value", "binary"),
    [(1e39, False), (-1e300, False), (1e39, True), (-1e300, True), (np.inf, True), (np.nan, True)],
)
def test_a_number_beyond_the_models_datatype_is_refused(sign: Predictor, value: float, binary: bool) -> None:
    error = refusal(partial(predict, sign, "FP64", [0, 1, value, 1], width=2, binary=binary))
    assert (error.reason, error.sentence) == ("value_range", "Row 1: x must be a finite FP32 number.")


@pytest.mark.parametrize("datatype", [name for name in DTYPES if name != "BOOL"])
def test_null_is_a_missing_value_of_an_optional_feature(gap: Predictor, sign: Predictor, datatype: str) -> None:
    assert predict(gap, datatype, [None, 5]) == [-1, 5]
    assert refusal(partial(predict, sign, datatype, [None, 5], width=2)).reason == "value_type"


def test_a_missing_value_in_binary_is_nan(gap: Predictor) -> None:
    for datatype in ("FP16", "FP32", "FP64"):
        assert predict(gap, datatype, [np.nan, 2], binary=True) == [-1, 2]


def test_a_column_may_be_flat(gap: Predictor) -> None:
    for shape in ([2], [2, 1]):
        tensor = {"name": "input", "shape": shape, "datatype": "FP64", "data": [1.5, 2.5]}
        answer = v2.infer(gap, json.dumps({"inputs": [tensor]}).encode(), {})
        assert json.loads(answer.body)["outputs"][0]["data"] == [1.5, 2.5]
    for shape, data in (([2], [[1], [2]]), ([2, 2], [1, 2, 3, 4]), ([], [1]), ([1, 2, 1], [1, 2])):
        tensor = {"name": "input", "shape": shape, "datatype": "FP64", "data": data}
        assert refusal(v2.infer, gap, json.dumps({"inputs": [tensor]}).encode(), {}).reason == "shape"
