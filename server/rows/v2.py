"""KServe's V2 protocol for rows: input tensors, in JSON or binary, into the arrays that the model is fed."""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.task import MISSING_TEXT, Feature, Task
from server.errors import InvalidInput
from server.json.strict import UNREADABLE
from server.predictor import Predictor, RowRequest, all_finite, answer_alone
from server.response import Response
from server.route import Headers
from server.rows.closed_numbers import closed_numbers
from server.rows.decode import to_array
from server.tensors import DTYPES, ModelInput, ModelOutput, Tensor
from server.v2.encoding import HTTP, Encoding
from server.v2.request import InputTensor, refuse_trailing_bytes, shape_mismatch, take_binary
from server.v2.response import ResponseWriter
from server.v2.strings import unpack_texts

Array = NDArray[Any]


def infer(predictor: Predictor, body: bytes, headers: Headers) -> Response:
    """POST /v2/models/NAME/infer. Raises InvalidInput."""
    return answer_alone(predictor, decode, body, headers)


def decode(predictor: Predictor, body: bytes, headers: Headers, encoding: Encoding = HTTP) -> RowRequest:
    reader, writer = _codec(predictor, encoding)
    request, binary = encoding.read(body, headers)

    def respond(output: ModelOutput) -> Response:
        values = {"prediction": output.predictions, "probabilities": output.probabilities, "score": output.scores}
        return writer.write(request, values)

    return RowRequest(reader.read(request.inputs, binary), respond)


class InputReader:
    """Reads all the inputs of one model."""

    def __init__(self, task: Task, tensors: Sequence[Tensor]) -> None:
        columns = [task.features] if task.numeric else [(feature,) for feature in task.features]
        self._readers = {
            tensor.name: TensorReader(tensor, features) for tensor, features in zip(tensors, columns, strict=True)
        }
        self._closed = closed_numbers(task)

    def read(self, inputs: Sequence[InputTensor], binary: memoryview) -> ModelInput:
        """Return the array of each input.

        Args:
            inputs: The tensors of the JSON part.
            binary: The bytes behind the JSON part: those of the binary tensors, in the order of `inputs`.

        Raises:
            InvalidInput: An input is missing, unknown or repeated, or does not fit the model.
        """
        if len(inputs) != len(self._readers) or {tensor.name for tensor in inputs} != self._readers.keys():
            raise InvalidInput(f"Send exactly these inputs, each once: {', '.join(self._readers)}.", "inputs")
        rows: dict[str, Array] = {}
        for tensor in inputs:
            rows[tensor.name], binary = self._readers[tensor.name].read(tensor, binary)
        refuse_trailing_bytes(binary)
        if len(set(map(len, rows.values()))) > 1:
            raise InvalidInput("The inputs have different numbers of rows. Send as many in each.", "shape")
        if self._closed:
            self._closed.check(rows)
        return rows


class _Form:
    """How the values of a tensor are sent."""

    def __init__(self, element: Any, dtype: Any) -> None:
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self.flat: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[element])
        self.nested: msgspec.json.Decoder[list[list[Any]]] = msgspec.json.Decoder(list[list[element]])


class TensorReader:
    """Reads one input [rows, width], whose columns are the features. A boolean of its own may be sent as BOOL."""

    def __init__(self, expected: Tensor, features: Sequence[Feature]) -> None:
        self._expected = expected
        self._features = features
        self._width = expected.shape[-1]
        self._is_text = expected.datatype == "BYTES"
        self._forms = {expected.datatype: _Form(str if self._is_text else float, DTYPES[expected.datatype])}
        if len(features) == 1 and features[0].boolean:
            self._forms["BOOL"] = _Form(bool, np.uint8)

    def read(self, tensor: InputTensor, binary: memoryview) -> tuple[Array, memoryview]:
        """Return the tensor's array, and the bytes behind its own. Raises InvalidInput."""
        expected, shape = self._expected, tensor.shape
        form = self._forms.get(tensor.datatype.upper())  # KServe accepts lower case too
        if form is None:
            datatypes = " or ".join(self._forms)
            raise InvalidInput(f"Input '{expected.name}' must have the datatype {datatypes}.", "datatype")
        if len(shape) != 2 or shape[1] != self._width or shape[0] < 1:  # noqa: PLR2004 (rows, columns)
            raise InvalidInput(
                f"Input '{expected.name}' must have the shape [rows, {self._width}], with at least one row.", "shape"
            )
        own, binary = take_binary(tensor, binary)
        array = self._from_json(tensor, form) if own is None else self._from_bytes(tensor, form, own)
        if self._is_text:
            _refuse_unknown(self._features[0], array.tolist())
        return array.reshape(shape), binary

    def _from_json(self, tensor: InputTensor, form: _Form) -> Array:
        values = self._values(tensor, form)
        if len(values) != tensor.shape[0] * self._width:
            raise shape_mismatch(tensor)
        try:
            return to_array(self._expected.datatype, values)
        except OverflowError as error:
            raise InvalidInput(
                f"Input '{tensor.name}': a number is too large for {self._expected.datatype}.", "value_range"
            ) from error

    def _values(self, tensor: InputTensor, form: _Form) -> list[Any]:
        data = tensor.data or b"null"
        try:
            return form.flat.decode(data)
        except UNREADABLE:
            pass  # it may be nested
        try:
            rows = form.nested.decode(data)
        except UNREADABLE as error:
            kind = "strings" if self._is_text else "booleans" if form is self._forms.get("BOOL") else "numbers"
            raise InvalidInput(
                f"Input '{tensor.name}': data must be a list of {kind}, flat or nested as its shape says.",
                "value_type",
            ) from error
        if set(map(len, rows)) != {self._width}:
            raise shape_mismatch(tensor)
        return list(chain.from_iterable(rows))

    def _from_bytes(self, tensor: InputTensor, form: _Form, own: memoryview) -> Array:
        if self._is_text:
            return unpack_texts(own, tensor.shape[0])
        if len(own) != tensor.shape[0] * self._width * form.dtype.itemsize:
            raise InvalidInput(f"Input '{tensor.name}': {len(own)} bytes do not fill its shape.", "shape")
        array = np.frombuffer(own, form.dtype).astype(DTYPES[self._expected.datatype], copy=False)
        _refuse_non_finite(self._features, array.reshape(-1, self._width))
        return array


@cache  # msgspec compiles its decoders once for each model
def _codec(predictor: Predictor, encoding: Encoding) -> tuple[InputReader, ResponseWriter]:
    task = predictor.task
    return InputReader(task, predictor.inputs), encoding.writer(predictor.name, task.version, predictor.outputs)


def _refuse_non_finite(features: Sequence[Feature], rows: Array) -> None:
    """Refuse every infinity, and NaN for a feature that is not optional. JSON has neither. Raises InvalidInput."""
    if all_finite(rows):
        return
    missing = np.isnan(rows) & np.array([feature.optional for feature in features])
    refused = np.argwhere(~np.isfinite(rows) & ~missing)
    if len(refused):
        row, column = refused[0]
        where = f"Row {row}: " if len(rows) > 1 else ""
        raise InvalidInput(f"{where}{features[column].name} must be a finite number.", "value_range")


def _refuse_unknown(feature: Feature, texts: Sequence[str]) -> None:
    """Refuse a string outside a closed list of categories. Raises InvalidInput."""
    if feature.closed and not set(texts) <= {*feature.categories, *([MISSING_TEXT] if feature.optional else [])}:
        raise InvalidInput(f"{feature.name} must be one of {', '.join(feature.categories)}.", "unknown_category")
