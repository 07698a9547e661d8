"""Measures how fast a model answers on this machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray

from model import fitted_pipeline
from model.bring.check import tensor
from model.bring.onnx import INPUT
from model.bundle import Bundle, SkopsFile
from model.task import Task

BATCH = 1000  # rows

_SECONDS = 0.1  # for each figure

Feed = dict[str, NDArray[Any]]


class Speed(NamedTuple):
    """How fast a model answers, without HTTP.

    Attributes:
        backend: What runs it.
        requests_per_second: Rows, each in a call of its own.
        rows_per_second: Rows in batches of BATCH.
    """

    backend: str
    requests_per_second: float
    rows_per_second: float

    def summary(self) -> str:
        """Return the figures as a sentence."""
        return (
            f"On this machine {self.backend} predicts {self.requests_per_second:,.0f} rows per second one by one, and "
            f"{self.rows_per_second:,.0f} in batches of {BATCH:,}."
        )


def measure(made: Bundle) -> Speed:
    """Ask the model of a bundle about its example for about a quarter of a second."""
    task = made.task
    backend, run = ("scikit-learn", _pipeline(made.skops, task)) if made.skops else _graph(made.onnx)
    sample = pd.DataFrame([dict(task.example)], columns=list(task.names))
    columns = {feature.name: tensor(sample[feature.name], feature) for feature in task.features}
    one = {INPUT: np.hstack(list(columns.values()))} if task.numeric else columns
    many = {name: np.repeat(array, BATCH, axis=0) for name, array in one.items()}
    return Speed(backend, _calls_per_second(partial(run, one)), _calls_per_second(partial(run, many)) * BATCH)


def _pipeline(file: SkopsFile, task: Task) -> Callable[[Feed], object]:
    return partial(fitted_pipeline.load(file).run, task)


def _graph(graph: bytes) -> tuple[str, Callable[[Feed], object]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # as in the server
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return "onnxruntime", partial(session.run, None)


def _calls_per_second(call: Callable[[], object]) -> float:
    """Return the rate of the calls after the first, of which there is at least one."""
    call()
    calls, began = 0, perf_counter()
    while (elapsed := perf_counter() - began) < _SECONDS or not calls:
        call()
        calls += 1
    return calls / elapsed
