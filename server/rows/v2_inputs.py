"""The input tensors of a V2 request, JSON or binary → what the model is fed."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.task import Feature, Task
from server import arrays
from server.errors import InvalidInput
from server.json.strict import UNREADABLE
from server.tensors import DTYPES, Rows, Tensor
from server.v2.inputs import disagreement, refuse_left_over, split
from server.v2.request import InputTensor
from server.v2.strings import unpack_texts

Array = NDArray[Any]


class InputReader:
    """Reads all the inputs of one model."""

    def __init__(self, task: Task, tensors: Sequence[Tensor]) -> None:
        each = [task.features] if task.numeric else [(feature,) for feature in task.features]
        self._readers = {
            tensor.name: TensorReader(tensor, features) for tensor, features in zip(tensors, each, strict=True)
        }

    def read(self, given: Sequence[InputTensor], binary: memoryview) -> Rows:
        """binary: what follows the JSON part, the tensors' bytes in their order. Raises InvalidInput."""
        if len(given) != len(self._readers) or {tensor.name for tensor in given} != self._readers.keys():
            raise InvalidInput(f"The request must have the inputs {', '.join(self._readers)}, each once.")
        rows: dict[str, Array] = {}
        for tensor in given:
            rows[tensor.name], binary = self._readers[tensor.name].read(tensor, binary)
        refuse_left_over(binary)
        if len(set(map(len, rows.values()))) > 1:
            raise InvalidInput("The inputs have different numbers of rows.")
        return rows


class TensorReader:
    """Reads one input [rows, width], whose columns are the features."""

    def __init__(self, expected: Tensor, features: Sequence[Feature]) -> None:
        self._expected = expected
        self._features = features
        self._width = expected.shape[-1]
        self._strings = expected.datatype == "BYTES"
        self._dtype = np.dtype(DTYPES[expected.datatype]).newbyteorder("<")
        element: Any = str if self._strings else float
        self._flat = msgspec.json.Decoder(list[element])
        self._nested = msgspec.json.Decoder(list[list[element]])

    def read(self, given: InputTensor, binary: memoryview) -> tuple[Array, memoryview]:
        """The tensor, and the bytes after its own. Raises InvalidInput."""
        expected, shape = self._expected, given.shape
        if given.datatype.upper() != expected.datatype:  # KServe takes small letters too
            raise InvalidInput(f"Input {expected.name} has the datatype {expected.datatype}.")
        if len(shape) != 2 or shape[1] != self._width or shape[0] < 1:  # noqa: PLR2004 (rows, columns)
            raise InvalidInput(f"Input {expected.name} has the shape [rows, {self._width}], with at least one row.")
        own, binary = split(given, binary)
        array = self._from_json(given) if own is None else self._from_bytes(given, own)
        if self._strings:
            arrays.known(self._features[0], array.tolist())
        return array.reshape(shape), binary

    def _from_json(self, given: InputTensor) -> Array:
        values = self._values(given)
        if len(values) != given.shape[0] * self._width:
            raise disagreement(given)
        try:
            return arrays.flat(self._expected.datatype, values)
        except OverflowError as error:
            raise InvalidInput(
                f"Input {self._expected.name}: a number is too large for {self._expected.datatype}."
            ) from error

    def _values(self, given: InputTensor) -> list[Any]:
        data = given.data or b"null"
        try:
            return self._flat.decode(data)
        except UNREADABLE:
            pass  # not flat, at least
        try:
            rows = self._nested.decode(data)
        except UNREADABLE as error:
            raise InvalidInput(
                f"Input {self._expected.name}: data must be a list of {'strings' if self._strings else 'numbers'}, "
                "flat or in the shape given."
            ) from error
        if set(map(len, rows)) != {self._width}:
            raise disagreement(given)
        return list(chain.from_iterable(rows))

    def _from_bytes(self, given: InputTensor, own: memoryview) -> Array:
        if self._strings:
            return unpack_texts(own, given.shape[0])
        if len(own) != given.shape[0] * self._width * self._dtype.itemsize:
            raise InvalidInput(f"Input {given.name}: {len(own)} bytes do not fill the shape given.")
        array = np.frombuffer(own, self._dtype)
        arrays.finite(array.reshape(-1, self._width), self._features)
        return array
