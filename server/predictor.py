"""Run a model on arrays, by onnxruntime or by scikit-learn."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod
from time import perf_counter
from typing import Any

import kserve
import numpy as np
from numpy.typing import NDArray

from model.bundle import Bundle, BundleError
from model.task import Task
from server import backends, metrics, tensors
from server.backends import BackendName
from server.errors import InvalidInput
from server.feature_counts import ModelFeatures
from server.prediction_counts import ModelPredictions
from server.reference_bins import PREDICTION
from server.response import Response
from server.row_request import RowRequest
from server.tensors import ModelInput, ModelOutput, Tensor

ROWS_PER_RUN = 1024  # the memory of one run of the graph grows with its rows, as with distances to training rows
PIXELS_PER_RUN = 1 << 15  # a network widens each pixel to about thirty channels

INLINE_SECONDS = 0.001  # how long a prediction may hold up the event loop, and with it all other requests
INLINE_BYTES = 16 * 1024  # a longer body takes too long to decode on the event loop, however fast the model is

_PROBE_ROWS = 64


class Predictor(kserve.Model):
    """A bundle served under a name, in the form in which KServe registers models."""

    def __init__(self, name: str, bundle: Bundle) -> None:
        super().__init__(name)
        self.bundle = bundle
        self.task: Task = bundle.task
        self.inputs = tensors.input_tensors(bundle.task)
        self.outputs: tuple[Tensor, ...] = ()
        self.warm_up_seconds = 0.0
        self.inline_bytes = 0
        self._rows_per_run = rows_per_run(bundle.task)
        self._batch_rows = metrics.BATCH_ROWS.labels(name)
        # The warm-up is not counted.
        self._predictions: ModelPredictions | None = None
        self._features: ModelFeatures | None = None

    def load(self) -> bool:
        """Open the model, compare it with the task, predict the example, and become ready.

        Raises:
            BundleError: The model does not open, does not fit the task, or fails on the example.
        """
        started = perf_counter()
        try:
            self._backend = backends.open_model(self.bundle)
        except Exception as error:  # onnxruntime's exceptions have no base class of their own
            raise BundleError(f"The model {self.name} cannot be opened: {error}") from error
        if self._backend.inputs != self.inputs:
            raise BundleError(
                f"The model {self.name} takes {self._backend.inputs}, but its task describes {self.inputs}."
            )
        self.outputs = (*self._backend.outputs, *(tensors.REMARKS if self.task.picture else (tensors.WARNINGS,)))
        if self.task.picture:
            metrics.start_alarms(self.name)
        try:
            self.predict(tensors.example_input(self.task))
        except Exception as error:  # onnxruntime's, scikit-learn's, or InvalidInput
            detail = error.__cause__ or error
            raise BundleError(f"The model {self.name} fails on its own example: {detail}") from error
        if self.task.classes:
            self._predictions = metrics.PREDICTIONS.start(self.name, self.task, self.bundle.statistics)
        self._features = metrics.FEATURES.start(self.name, self.task, self.bundle.statistics)
        # A call of scikit-learn takes milliseconds, and how many depends on the values too.
        self.inline_bytes = self._bytes_within(INLINE_SECONDS) if self.backend == "onnxruntime" else 0
        self.warm_up_seconds = perf_counter() - started
        self.ready = True
        return True

    def predict(self, rows: ModelInput) -> ModelOutput:
        """Run the model on arrays of the names, types and shapes in `inputs`.

        Raises:
            InvalidInput: The values are so extreme that the model computes infinity or NaN.
        """
        return self._checked(rows, self._run_counted(rows))

    def answer(self, request: RowRequest) -> Response:
        """Predict a request's rows in a call of their own and return the response. Raises InvalidInput."""
        return request.respond(self.predict(request.rows))

    def predict_each(self, requests: Sequence[ModelInput]) -> list[ModelOutput | Exception]:
        """Run the model once on the rows of several requests.

        Returns:
            What `predict` returns or raises for each. A request whose rows are at fault does not spoil the others.
        """
        try:
            joined = {name: np.concatenate([rows[name] for rows in requests]) for name in requests[0]}
            outputs = self._run_counted(joined)
        except Exception as error:  # whatever it is, it must reach only the requests that cause it
            if len(requests) == 1:
                return [error]
            outputs = []
        if not outputs:
            half = len(requests) // 2
            return [*self.predict_each(requests[:half]), *self.predict_each(requests[half:])]
        starts = [0, *accumulate(map(row_count, requests))]
        return [
            self._checked_or_error(rows, [array[start:end] for array in outputs])
            for rows, (start, end) in zip(requests, pairwise(starts), strict=True)
        ]

    def _run_counted(self, rows: ModelInput) -> list[NDArray[Any]]:
        count = row_count(rows)
        self._batch_rows.observe(count)
        return self._backend.run(rows) if count <= self._rows_per_run else self._run_in_parts(rows, count)

    def _checked_or_error(self, rows: ModelInput, outputs: Sequence[NDArray[Any]]) -> ModelOutput | Exception:
        try:
            return self._checked(rows, outputs)
        except Exception as error:  # as above
            return error

    def _checked(self, rows: ModelInput, outputs: Sequence[NDArray[Any]]) -> ModelOutput:
        """Raises InvalidInput for a row whose outputs are not finite."""
        for array in outputs:
            if array.dtype.kind == "f" and not all_finite(array):
                row = int(np.argwhere(~np.isfinite(array))[0][0])
                raise InvalidInput(
                    f"Row {row}: the values are too extreme for the model to compute a prediction.", "value_range"
                )
        named = dict(zip(self._backend.output_names, outputs, strict=True))
        predictions = outputs[0] if self.task.targets else outputs[0].reshape(-1)
        if self._predictions is not None:
            self._predictions.add(predictions)
        if self._features is not None:
            self._features.add(rows if self.task.features else named)
            if self._predictions is None:
                self._features.add({PREDICTION: predictions})
        return ModelOutput(predictions, named.get("probabilities"), named.get("strangeness"), named.get("score"))

    @property
    def backend(self) -> BackendName:
        return self._backend.name

    def _bytes_within(self, seconds: float) -> int:
        """Return the length of the longest body whose rows are predicted in that time, at two bytes a value ("1,")."""
        row = tensors.example_input(self.task)
        count = min(_PROBE_ROWS, self._rows_per_run)
        batch = {name: np.repeat(array, count, 0) for name, array in row.items()}
        batch_seconds = min(self._seconds(batch) for _ in range(3))
        if min(self._seconds(row) for _ in range(3)) > seconds:
            return 0
        rows = seconds / batch_seconds * count
        return min(INLINE_BYTES, int(rows * 2 * sum(prod(tensor.shape[1:]) for tensor in self.inputs)))

    def _seconds(self, rows: ModelInput) -> float:
        started = perf_counter()
        self._backend.run(rows)
        return perf_counter() - started

    def _run_in_parts(self, rows: ModelInput, count: int) -> list[NDArray[Any]]:
        size = self._rows_per_run
        parts = [
            self._backend.run({name: array[start : start + size] for name, array in rows.items()})
            for start in range(0, count, size)
        ]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    def get_input_types(self) -> list[dict[str, Any]]:
        return [tensor.metadata for tensor in self.inputs]

    def get_output_types(self) -> list[dict[str, Any]]:
        return [tensor.metadata for tensor in self.outputs]


def rows_per_run(task: Task) -> int:
    if task.picture:
        return 1 if task.picture.one_by_one else max(1, PIXELS_PER_RUN // (task.picture.height * task.picture.width))
    return ROWS_PER_RUN


def row_count(rows: ModelInput) -> int:
    return len(next(iter(rows.values())))


def all_finite(array: NDArray[Any]) -> bool:
    """Return whether an array has no NaN and no infinity."""
    # False is the byte 0. On one row, looking for it takes a fifth of the time of np.isfinite(array).all().
    return b"\0" not in np.isfinite(array).tobytes()
