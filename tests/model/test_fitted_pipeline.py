"""A pipeline that scikit-learn serves gets rows in the form that it was fitted on."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from model import fitted_pipeline
from model.fitted_pipeline import FittedPipeline, contained, restored
from model.task import Feature, Task


class Recorder:
    """Predicts nothing, and keeps the rows that it is given."""

    def __init__(self) -> None:
        self.given: Any = None

    def predict(self, rows: Any) -> NDArray[Any]:
        self.given = rows
        return np.zeros(len(rows))


TASK = Task(
    name="form",
    title="Form",
    version="1",
    kind="regression",
    features=(
        Feature("count", "FP64"),
        Feature("share", "FP64"),
        Feature("member", "FP64", boolean=True, optional=True),
        Feature("city", "BYTES", optional=True),
    ),
    example={"count": 1.0, "share": 0.5, "member": True, "city": "Ulm"},
)
DTYPES = {"count": "int64", "share": "float64", "member": "bool", "city": "object"}
ROWS = {
    "count": np.array([[1.0], [2.0]]),
    "share": np.array([[0.5], [1.0]]),
    "member": np.array([[1.0], [0.0]]),
    "city": np.array([["Ulm"], [""]], object),
}


@pytest.mark.parametrize("missing", [float("nan"), None])
def test_a_table_has_the_types_of_the_sample(missing: float | None) -> None:
    recorder = Recorder()
    FittedPipeline(recorder, "frame", DTYPES, missing).run(TASK, ROWS)
    expected = pd.DataFrame(
        {"count": [1, 2], "share": [0.5, 1.0], "member": [True, False], "city": np.array(["Ulm", missing], object)}
    )
    pd.testing.assert_frame_equal(recorder.given, expected)
    assert (recorder.given["city"][1] is None) == (missing is None)


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("int64", [1.0, 2.5], [1.0, 2.5]),
        ("int64", [1.0, np.nan], [1.0, np.nan]),
        ("int64", [1e300, 1.0], [1e300, 1.0]),
        ("bool", [1.0, np.nan, 0.0], [True, np.nan, False]),
    ],
)
def test_what_a_type_cannot_hold_gets_the_next_one(dtype: str, values: list[float], expected: list[Any]) -> None:
    found = restored(np.array(values), dtype).tolist()
    assert [type(value) for value in found] == [type(value) for value in expected]
    assert found == pytest.approx(expected, nan_ok=True)


def test_an_array_of_numbers_and_booleans_is_one_of_numbers() -> None:
    rows = pd.DataFrame({"count": [1, 2], "member": [True, False]})
    assert contained(rows, "array").dtype == np.float64
    assert contained(rows.assign(city="Ulm"), "array").tolist() == [[1, True, "Ulm"], [2, False, "Ulm"]]
    assert contained(rows[["count"]], "series").tolist() == [1, 2]


@pytest.mark.parametrize("missing", [float("nan"), None])
def test_the_form_survives_its_file(missing: float | None) -> None:
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    loaded = fitted_pipeline.load(fitted_pipeline.dump(FittedPipeline(model, "array", {"x": "int64"}, missing)))
    assert (loaded.container, loaded.dtypes) == ("array", {"x": "int64"})
    assert (loaded.missing is None) == (missing is None)
    task = Task("line", "Line", "1", "regression", (Feature("x", "FP64"),), {"x": 1.0})
    assert loaded.run(task, {"input": np.array([[3.0]])})["prediction"].tolist() == [pytest.approx([6.0])]
