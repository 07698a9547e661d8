"""Read one V2 tensor, numbers of any datatype or strings, in JSON or binary, into an array that the model takes."""

from collections.abc import Mapping, Sequence
from functools import cache
from math import nan
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.task import MISSING_TEXT, Feature
from server.errors import InvalidInput
from server.predictor import all_finite
from server.rows.decode import to_array
from server.tensors import DTYPES, Tensor
from server.v2.request import InputTensor, read_values, shape_mismatch, take_binary
from server.v2.strings import decode_text, unpack_texts

Array = NDArray[Any]


class _Form(NamedTuple):
    """How the values of a datatype are sent.

    Attributes:
        element: The type of a value in JSON.
        dtype: The binary form; None of strings.
        kind: What the values are, in a sentence.
    """

    element: type
    dtype: str | None
    kind: str


_NUMBERS: Mapping[str, _Form] = {
    "BOOL": _Form(bool, "|u1", "booleans"),
    **{f"INT{bits}": _Form(int, f"<i{bits // 8}", "whole numbers") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": _Form(int, f"<u{bits // 8}", "whole numbers") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": _Form(float, f"<f{bits // 8}", "numbers") for bits in (16, 32, 64)},
}
_TEXTS = {"BYTES": _Form(str, None, "strings")}
DATATYPES = (*_NUMBERS, *_TEXTS)  # of inputs; outputs have some of them


class TensorReader:
    """Reads one input [rows, width], whose columns are the features; a single column may come as [rows].

    Numbers of other datatypes than the model's are rounded as numbers in JSON are. What lies outside the range of the
    datatype, of its own or of the model's, is refused.
    """

    def __init__(self, expected: Tensor, features: Sequence[Feature]) -> None:
        self._name = expected.name
        self._datatype = expected.datatype
        self._features = features
        self._width = expected.shape[-1]
        self._is_text = expected.datatype == "BYTES"
        self._optional = any(feature.optional for feature in features)
        self._forms = _TEXTS if self._is_text else _NUMBERS

    def read(self, tensor: InputTensor, binary: memoryview) -> tuple[Array, memoryview]:
        """Return the tensor's array, and the bytes behind its own. Raises InvalidInput."""
        datatype, shape = tensor.datatype.upper(), tensor.shape  # KServe accepts lower case too
        form = self._forms.get(datatype)
        if form is None:
            raise InvalidInput(
                f"Input '{self._name}' must have the datatype {self._datatype}"
                f"{'' if self._is_text else ', or another one of numbers such as FP64, INT64 or BOOL'}.",
                "datatype",
            )
        if not (shape[1:] == [self._width] or (self._width == 1 and len(shape) == 1)) or shape[0] < 1:
            raise InvalidInput(
                f"Input '{self._name}' must have the shape [rows, {self._width}], with at least one row.", "shape"
            )
        own, binary = take_binary(tensor, binary)
        if own is None:
            array = self._from_json(tensor, datatype, form)
        else:
            array = self._from_bytes(tensor, datatype, form, own)
        if self._is_text:
            _refuse_unknown(self._features[0], array.tolist())
        return array.reshape(-1, self._width), binary

    def read_body(self, body: memoryview) -> Array:
        """Return the rows of a raw body, by Triton's rules: numbers, or one text.

        Raises:
            InvalidInput: The bytes are no whole rows, or do not fit the model.
        """
        if self._is_text:
            array = np.array([decode_text(body)], np.object_)
            _refuse_unknown(self._features[0], array.tolist())
            return array.reshape(1, 1)
        dtype = np.dtype(self._forms[self._datatype].dtype)
        # As numbers of FP32, most JSON texts would be finite and so get a prediction.
        is_json = bytes(body).strip()[:1] == b"{" and bytes(body).strip()[-1:] == b"}"
        if is_json or len(body) % (self._width * dtype.itemsize):
            raise InvalidInput(
                "With Inference-Header-Content-Length: 0 the body must be rows without any JSON, each of "
                f"{self._width} numbers of {self._datatype}, {self._width * dtype.itemsize} bytes in all.",
                "binary_data",
            )
        return self._checked(np.frombuffer(body, dtype), self._datatype).reshape(-1, self._width)

    def _from_json(self, tensor: InputTensor, datatype: str, form: _Form) -> Array:
        flat, nested = _decoders(form.element | None if self._optional else form.element)
        values = read_values(tensor, self._width, flat, nested, form.kind)
        if len(values) != tensor.shape[0] * self._width:
            raise shape_mismatch(tensor)
        missing = self._fill_missing(values) if self._optional and None in values else []
        try:
            if datatype == self._datatype or form.dtype is None:
                array = to_array(datatype, values)
            else:
                with np.errstate(over="ignore"):
                    array = self._checked(np.array(values, form.dtype), datatype)
        except OverflowError as error:
            raise InvalidInput(
                f"Input '{self._name}': a number is out of range for {datatype}.", "value_range"
            ) from error
        if missing and not self._is_text:
            array = array.copy()
            array[missing] = nan
        return array

    def _fill_missing(self, values: list[Any]) -> list[int]:
        """Replace the nulls by a value that the datatype has, and return their places. Raises InvalidInput."""
        missing = [place for place, value in enumerate(values) if value is None]
        for place in missing:
            feature = self._features[place % self._width]
            if not feature.optional:
                raise InvalidInput(f"{feature.name} must not be null.", "value_type")
            values[place] = MISSING_TEXT if self._is_text else 0
        return missing

    def _from_bytes(self, tensor: InputTensor, datatype: str, form: _Form, own: memoryview) -> Array:
        if form.dtype is None:
            return unpack_texts(own, tensor.shape[0])
        dtype = np.dtype(form.dtype)
        if len(own) != tensor.shape[0] * self._width * dtype.itemsize:
            raise InvalidInput(f"Input '{self._name}': {len(own)} bytes do not fill its shape.", "shape")
        return self._checked(np.frombuffer(own, dtype), datatype)

    def _checked(self, numbers: Array, datatype: str) -> Array:
        """Return numbers as the model's datatype. Raises InvalidInput for those that it does not have."""
        if datatype == "BOOL" and numbers.max() > 1:
            raise InvalidInput(f"Input '{self._name}': a byte of BOOL must be 0 or 1.", "unknown_category")
        if datatype != self._datatype:
            with np.errstate(over="ignore"):
                numbers = numbers.astype(DTYPES[self._datatype])
        _refuse_non_finite(self._features, numbers.reshape(-1, self._width))
        return numbers


@cache
def _decoders(element: Any) -> tuple[msgspec.json.Decoder[list[Any]], msgspec.json.Decoder[list[list[Any]]]]:
    """Return the decoders of flat and of nested data."""
    return msgspec.json.Decoder(list[element]), msgspec.json.Decoder(list[list[element]])


def _refuse_non_finite(features: Sequence[Feature], rows: Array) -> None:
    """Refuse every infinity, and NaN for a feature that is not optional. JSON has neither. Raises InvalidInput."""
    if all_finite(rows):
        return
    missing = np.isnan(rows) & np.array([feature.optional for feature in features])
    refused = np.argwhere(~np.isfinite(rows) & ~missing)
    if len(refused):
        row, column = refused[0]
        where = f"Row {row}: " if len(rows) > 1 else ""
        feature = features[column]
        raise InvalidInput(f"{where}{feature.name} must be a finite {feature.datatype} number.", "value_range")


def _refuse_unknown(feature: Feature, texts: Sequence[str]) -> None:
    """Refuse a string outside a closed list of categories. Raises InvalidInput."""
    if feature.closed and not set(texts) <= {*feature.categories, *([MISSING_TEXT] if feature.optional else [])}:
        raise InvalidInput(f"{feature.name} must be one of {', '.join(feature.categories)}.", "unknown_category")
