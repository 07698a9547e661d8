"""Read the inputs of a V2 request into the arrays that the model is fed.

The model's own inputs are one matrix [rows, features], or if some features are strings one tensor for each feature.
Clients of scikit-learn and pandas send more than that: a matrix under another name, such as `input-0`, and the columns
of a table as a tensor each. KServe and MLServer tell the two apart by `content_type`, which is "np" or "pd". Here the
names of the tensors do.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.task import Task
from server.errors import InvalidInput
from server.rows.closed_numbers import closed_numbers
from server.rows.v2_tensor import TensorReader
from server.tensors import ModelInput, Tensor
from server.v2.request import InputTensor, WholeBody, refuse_trailing_bytes


class InputReader:
    """Reads all the inputs of one model."""

    def __init__(self, task: Task, tensors: Sequence[Tensor]) -> None:
        columns = [task.features] if task.numeric else [(feature,) for feature in task.features]
        self._task = task
        self._readers = {
            tensor.name: TensorReader(tensor, features) for tensor, features in zip(tensors, columns, strict=True)
        }
        self._closed = closed_numbers(task)

    def read(self, inputs: Sequence[InputTensor], binary: memoryview) -> ModelInput:
        """Return the array of each of the model's inputs.

        Args:
            inputs: The tensors of the JSON part.
            binary: The bytes behind the JSON part: those of the binary tensors, in the order of `inputs`.

        Raises:
            InvalidInput: An input is missing, unknown or repeated, or does not fit the model.
        """
        if _are(inputs, self._readers):
            rows: ModelInput = _read(self._readers, inputs, binary)
        elif len(self._readers) == 1:
            rows = self._read_other_form(inputs, binary)
        else:
            raise InvalidInput(f"Send exactly these inputs, each once: {', '.join(self._readers)}.", "inputs")
        if self._closed:
            self._closed.check(rows)
        return rows

    def _read_other_form(self, inputs: Sequence[InputTensor], binary: memoryview) -> ModelInput:
        """Read inputs that are named differently from the one input of a model."""
        ((name, reader),) = self._readers.items()
        if _are(inputs, self._task.names):
            columns = _read(self._columns, inputs, binary)
            return {name: np.concatenate([columns[feature] for feature in self._task.names], 1)}
        if len(inputs) != 1 or inputs[0].name in self._task.names:
            raise InvalidInput(
                f"Send exactly these inputs, each once: {', '.join(self._task.names)}. Or send one, {name}, "
                f"with all {len(self._task.names)} columns.",
                "inputs",
            )
        if isinstance(inputs[0], WholeBody):
            return {name: reader.read_body(binary)}
        # Refusals name our own input: no text of the caller is repeated.
        return _read(self._readers, [msgspec.structs.replace(inputs[0], name=name)], binary)

    @cached_property
    def _columns(self) -> dict[str, TensorReader]:
        """The readers of the columns that are sent as one tensor each."""
        return {
            feature.name: TensorReader(Tensor(feature.name, feature.datatype, (-1, 1)), (feature,))
            for feature in self._task.features
        }


def _are(inputs: Sequence[InputTensor], names: Any) -> bool:
    return len(inputs) == len(names) and set(names) == {tensor.name for tensor in inputs}


def _read(
    readers: dict[str, TensorReader], inputs: Sequence[InputTensor], binary: memoryview
) -> dict[str, NDArray[Any]]:
    rows = {}
    for tensor in inputs:
        rows[tensor.name], binary = readers[tensor.name].read(tensor, binary)
    refuse_trailing_bytes(binary)
    if len(rows) > 1 and len(set(map(len, rows.values()))) > 1:
        raise InvalidInput("The inputs have different numbers of rows. Send as many in each.", "shape")
    return rows
