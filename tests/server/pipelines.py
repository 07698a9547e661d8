"""Bundles that scikit-learn runs."""

from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from model import fitted_pipeline
from model.bundle import Bundle
from model.bundle_write import save
from model.fitted_pipeline import FittedPipeline
from model.task import Feature, Task

UNPREDICTABLE = 13.5


class SquareRoot(BaseEstimator):  # type: ignore[misc]
    """Predicts the square root of x: NaN if it is negative, and an error, as of an unknown category, if it is 13.5.

    Attributes:
        calls: The rows of each call.
        go_on: Whether calls may end.
        started: Whether a call has begun since this was cleared.
    """

    calls: ClassVar[list[list[float]]] = []
    go_on: ClassVar[Event] = Event()
    started: ClassVar[Event] = Event()

    def predict(self, rows: NDArray[Any]) -> NDArray[Any]:
        values = rows[:, 0].tolist()
        self.calls.append(values)
        self.started.set()
        assert self.go_on.wait(10)
        if UNPREDICTABLE in values:
            raise ValueError("Found unknown category 13")
        with np.errstate(invalid="ignore"):
            return np.asarray(np.sqrt(rows[:, 0]))


def root(folder: Path) -> Bundle:
    """A regression: the square root of x."""
    return saved(folder, SquareRoot(), "root")


def saved(folder: Path, estimator: Any, name: str) -> Bundle:
    """Return a regression over one number x, from 0 to 100."""
    task = Task(
        name=name,
        title="A function of x",
        version="1.0.0",
        kind="regression",
        features=(Feature("x", "FP64", minimum=0, maximum=100),),
        example={"x": 4.0},
    )
    file = fitted_pipeline.dump(FittedPipeline(estimator, "array", {"x": "float64"}))
    return save(folder, task, None, file, {}, {})
