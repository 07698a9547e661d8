"""Measures how fast a model answers on this machine, by the backend that serves it and by scikit-learn itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from model import estimator, fitted_pipeline
from model.bring import boosters
from model.bring.check import Run, open_graph, tensor
from model.bring.convertible import parts
from model.bring.description import for_sklearn
from model.bring.onnx import INPUT
from model.bring.progress import step
from model.bring.storable import storable
from model.bundle import SkopsFile
from model.manifest import Rates
from model.show import BATCH
from model.task import Task

SECONDS = 0.1  # for each figure; a call that takes longer is the figure
LONGEST = 2.0  # seconds of the largest batch, if a row takes no longer in it than in a smaller one
_GROWTH = 10

Feed = dict[str, NDArray[Any]]


@step("Measuring how fast it answers")
def measure(pipeline: Any, sample: pd.DataFrame, task: Task, model: bytes | SkopsFile) -> Mapping[str, Rates]:
    """Ask about the task's example, on one thread and without HTTP.

    It takes some tenths of a second for each backend. A slow model takes at most about two seconds more or, if a single
    row takes longer, as long as that takes twice.

    Args:
        pipeline: The fitted pipeline.
        sample: The rows that it takes.
        task: What it takes and predicts.
        model: What is served.

    Returns:
        The figures of each backend that could serve the model, but for one that fails: without them the bundle is as
        good.
    """
    backends: dict[str, Callable[[], Run]] = {}
    if isinstance(model, SkopsFile):
        backends["scikit-learn"] = lambda: partial(fitted_pipeline.load(model).run, task)
    else:
        backends["onnxruntime"] = partial(open_graph, model)
        if not any(map(boosters.is_booster, parts(pipeline))):  # the server has none of their packages
            backends["scikit-learn"] = partial(_pipeline, pipeline, sample, task)
    speeds = {}
    with threadpool_limits(1):  # as in the server
        for name, opened in backends.items():
            with suppress(Exception):  # steps raise what they like
                speeds[name] = _figures(opened(), task)
    return speeds


def _figures(run: Run, task: Task) -> Rates:
    example = pd.DataFrame([dict(task.example)], columns=list(task.names))
    columns = {feature.name: tensor(example[feature.name], feature) for feature in task.features}
    one = {INPUT: np.hstack(list(columns.values()))} if task.numeric else columns
    return Rates(
        requests_per_second=_rounded(_calls_per_second(partial(run, one))), rows_per_second=_rounded(_batched(run, one))
    )


def _pipeline(pipeline: Any, sample: pd.DataFrame, task: Task) -> Run:
    fitted = storable(pipeline)
    estimator.calm(fitted)
    return partial(for_sklearn(fitted, sample).run, task)


def _batched(run: Run, one: Feed) -> float:
    """Return the rows per second in batches of BATCH or, of a slow model, of as many rows as it may predict in time."""
    rows, call = 1, partial(run, one)
    seconds = _seconds(call)
    while rows < BATCH and seconds * _GROWTH <= LONGEST:
        rows *= _GROWTH
        call = partial(run, {name: np.repeat(array, rows, axis=0) for name, array in one.items()})
        seconds = _seconds(call)
    return rows / seconds if seconds > SECONDS else _calls_per_second(call) * rows


def _calls_per_second(call: Callable[[], object]) -> float:
    """Return the calls per second. The first one counts only if it takes too long to make more."""
    if (first := _seconds(call)) > SECONDS:
        return 1 / first
    calls, began = 0, perf_counter()
    while (elapsed := perf_counter() - began) < SECONDS or not calls:
        call()
        calls += 1
    return calls / elapsed


def _seconds(call: Callable[[], object]) -> float:
    began = perf_counter()
    call()
    return perf_counter() - began


def _rounded(rate: float) -> float:
    return float(f"{rate:.3g}")
