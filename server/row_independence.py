"""Finds out, by asking a model, whether rows of several requests may be predicted in one call, and how many."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

import numpy as np

from model.task import Feature, Task
from server import tensors
from server.batching import Batcher
from server.predictor import ROWS_PER_RUN, Predictor
from server.tensors import ModelInput, ModelOutput

CALL_SECONDS = 0.05  # how long a call for several requests should take at most
SAME = 1e-9  # by how much a prediction may differ from that of the row alone

_PROBE_ROWS = 64

_log = logging.getLogger("server")


def batcher_for(predictor: Predictor) -> Batcher | None:
    """Return what predicts the model's requests together, or None if each is better predicted alone."""
    if predictor.backend != "scikit-learn":
        return None
    if not _predicts_rows_apart(predictor):
        _log.info(
            "requests are predicted one by one: rows change each other's predictions", extra={"model": predictor.name}
        )
        return None
    return Batcher(predictor, max_rows=_rows_within(CALL_SECONDS, predictor))


def _rows_within(seconds: float, predictor: Predictor) -> int:
    """Return how many rows are predicted in that time, at least one."""
    example = tensors.example_input(predictor.task)
    rows = {name: np.repeat(array, _PROBE_ROWS, 0) for name, array in example.items()}
    began = perf_counter()
    predictor.predict(rows)
    return min(ROWS_PER_RUN, max(1, int(_PROBE_ROWS * seconds / (perf_counter() - began))))


def _predicts_rows_apart(predictor: Predictor) -> bool:
    """Return whether rows are predicted together as they are alone, unlike by a function that centres its columns."""
    rows = _probes(predictor.task)
    together, alone = predictor.predict_each(rows), [predictor.predict_each([row])[0] for row in rows]
    return all(map(_same, together, alone))


def _probes(task: Task) -> list[ModelInput]:
    """Return the example, a row of the smallest values seen in training, and one of the largest."""
    seen = [
        {feature.name: values[place] for feature in task.features if (values := _seen(feature))} for place in (0, -1)
    ]
    return [tensors.example_input(replace(task, example={**task.example, **values})) for values in ({}, *seen)]


def _seen(feature: Feature) -> Sequence[float | str]:
    if feature.is_number:
        return [value for value in (feature.minimum, feature.maximum) if value is not None]
    return feature.categories


def _same(one: ModelOutput | Exception, other: ModelOutput | Exception) -> bool:
    if isinstance(one, Exception) or isinstance(other, Exception):
        return type(one) is type(other)
    pairs = zip(vars(one).values(), vars(other).values(), strict=True)
    return all(
        np.allclose(array, its, rtol=SAME, atol=SAME)
        if array is not None and array.dtype.kind == "f"
        else np.array_equal(array, its)
        for array, its in pairs
    )
