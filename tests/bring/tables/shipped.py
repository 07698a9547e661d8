"""The data sets that scikit-learn ships with."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
from numpy.random import Generator
from sklearn import datasets

from tests.bring.tables.table import Table, predicting


def _shipped(load: Callable[..., Any], decimals: int) -> Table:
    """Return a table whose rows are those of a data set of scikit-learn, each value moved a little."""

    @cache
    def given() -> pd.DataFrame:
        frame: pd.DataFrame = load(as_frame=True).frame
        return frame

    def draw(rng: Generator, count: int) -> pd.DataFrame:
        rows = given().iloc[rng.integers(0, len(given()), count)].reset_index(drop=True)
        numbers = rows.drop(columns="target")
        moved = numbers + rng.normal(0, 0.05, numbers.shape) * numbers.std().to_numpy()
        changed: pd.DataFrame = moved.clip(lower=0).round(decimals)
        return changed.assign(target=rows["target"])

    return Table(draw, ("target",))


iris = _shipped(datasets.load_iris, 1)
wine = _shipped(datasets.load_wine, 2)
breast_cancer = _shipped(datasets.load_breast_cancer, 4)


@predicting("target")
def diabetes(rng: Generator, count: int) -> pd.DataFrame:
    given: pd.DataFrame = datasets.load_diabetes(as_frame=True, scaled=False).frame
    rows = given.iloc[rng.integers(0, len(given), count)].reset_index(drop=True)
    return rows.assign(bp=(rows["bp"] + rng.normal(0, 2, count)).round(2), age=rows["age"] + rng.integers(-3, 4, count))
