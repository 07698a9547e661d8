"""rows → onnxruntime → answers: the one place that runs a model."""

from dataclasses import dataclass
from math import prod
from time import perf_counter
from typing import Any

import kserve
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model.bundle import Bundle, BundleError
from model.task import Task
from server import metrics, tensors
from server.errors import InvalidInput
from server.tensors import Rows, Tensor

SLICE = 1024
"""Rows that one run of the graph takes: what it holds in between, distances say, grows with them."""

SLICE_PIXELS = 1 << 15
"""Of pictures, which a network widens to some thirty channels, a run takes fewer."""

INLINE_SECONDS = 0.001
"""How long a prediction may hold up the event loop, and the answers beside it."""

INLINE_BYTES = 16 * 1024
"""A longer body takes too long to decode there, however quick the model."""

_PROBE_ROWS = 64


@dataclass(frozen=True)
class ModelOutput:
    """predictions: [rows], class values or numbers; probabilities: [rows, classes], None where the model has none.

    strangeness: [rows], of pictures.
    """

    predictions: NDArray[Any]
    probabilities: NDArray[np.floating[Any]] | None = None
    strangeness: NDArray[np.floating[Any]] | None = None


class Predictor(kserve.Model):
    """A bundle served under a name, as KServe knows models."""

    def __init__(self, name: str, bundle: Bundle) -> None:
        super().__init__(name)
        self.bundle = bundle
        self.task: Task = bundle.task
        self.inputs = tensors.of_task(bundle.task)
        self.outputs: tuple[Tensor, ...] = ()
        self.warm_up_seconds = 0.0
        self.inline_bytes = 0
        self._slice = slice_rows(bundle.task)
        self._batch_rows = metrics.BATCH_ROWS.labels(name)

    def load(self) -> bool:
        """Open the ONNX graph, hold it against the task, and become ready after one real prediction.

        Raises BundleError where the graph does not run, or does not fit the task.
        """
        started = perf_counter()
        try:
            self._session = _open(self.bundle.onnx)
            graph = tuple(map(tensors.of_input, self._session.get_inputs()))
            outputs = tuple(map(tensors.of_output, self._session.get_outputs()))
            self._produced = [output.name for output in self._session.get_outputs()]
            self.outputs = (*outputs, tensors.WARNINGS) if self.task.picture else outputs
        except Exception as error:  # onnxruntime's errors have no class in common
            raise BundleError(f"The ONNX graph of {self.name} cannot be opened: {error}") from error
        if graph != self.inputs:
            raise BundleError(f"The ONNX graph of {self.name} takes {graph}, its task describes {self.inputs}.")
        try:
            self.predict(tensors.example_rows(self.task))
        except Exception as error:  # as above, and our own
            raise BundleError(f"The ONNX graph of {self.name} does not answer its own example: {error}") from error
        self.inline_bytes = self._bytes_within(INLINE_SECONDS)
        self.warm_up_seconds = perf_counter() - started
        self.ready = True
        return True

    def predict(self, rows: Rows) -> ModelOutput:
        """Run the model on rows of the types and shapes that `inputs` names.

        Raises InvalidInput where the values are so far out that the answer is not a number.
        """
        count = len(next(iter(rows.values())))
        self._batch_rows.observe(count)
        produced = self._run(rows) if count <= self._slice else self._run_sliced(rows, count)
        for array in produced:
            if array.dtype.kind == "f" and b"\0" in np.isfinite(array).tobytes():  # of one row, a fifth of all()'s time
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise InvalidInput(f"Row {row}: the values are too far out for the model to compute an answer.")
        return ModelOutput(produced[0].reshape(-1), *produced[1:])

    def _bytes_within(self, seconds: float) -> int:
        """The longest body whose rows are predicted in that time, by the fewest bytes that a value takes: "1,"."""
        row = tensors.example_rows(self.task)
        count = min(_PROBE_ROWS, self._slice)
        taken = [self._seconds({name: np.repeat(array, count, 0) for name, array in row.items()}) for _ in "123"]
        if min(self._seconds(row) for _ in "123") > seconds:
            return 0
        rows = seconds / min(taken) * count
        return min(INLINE_BYTES, int(rows * 2 * sum(prod(tensor.shape[1:]) for tensor in self.inputs)))

    def _seconds(self, rows: Rows) -> float:
        started = perf_counter()
        self._run(rows)
        return perf_counter() - started

    def _run(self, rows: Rows) -> list[NDArray[Any]]:
        produced: list[NDArray[Any]] = self._session.run(self._produced, rows)
        return produced

    def _run_sliced(self, rows: Rows, count: int) -> list[NDArray[Any]]:
        slices = [
            self._run({name: array[start : start + self._slice] for name, array in rows.items()})
            for start in range(0, count, self._slice)
        ]
        return [np.concatenate(parts) for parts in zip(*slices, strict=True)]

    def get_input_types(self) -> list[dict[str, Any]]:
        return [_metadata(tensor) for tensor in self.inputs]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [_metadata(tensor) for tensor in self.outputs]


def slice_rows(task: Task) -> int:
    return max(1, SLICE_PIXELS // (task.picture.height * task.picture.width)) if task.picture else SLICE


def _open(onnx: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    # One thread a session: a pod scales by pods, and extra threads under a CPU quota cost 80 ms at p99.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def _metadata(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": list(tensor.shape)}
