"""Pipelines whose first step does not say which columns it takes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingRegressor
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from model.bring import first_step
from model.bring.fitted_on import as_fitted, container, known_strings

ROWS = pd.DataFrame({"zip": ["01067", "89073"] * 10, "width": np.arange(20.0)})
RECORDS = ROWS.to_dict("records")
RIDGE = make_pipeline(DictVectorizer(), Ridge())
STEPS = [("nothing", "passthrough"), ("scaler", StandardScaler()), ("none", None), ("model", Ridge())]


def completed(pipeline: Any, rows: Any) -> Any:
    fitted = pipeline.fit(rows, ROWS["width"])
    first_step.complete(fitted)
    return fitted


@pytest.mark.parametrize("search", [False, True])
def test_steps_that_pass_rows_on_are_dropped(*, search: bool) -> None:
    pipeline: Any = Pipeline(STEPS)
    found = completed(GridSearchCV(pipeline, {"model__alpha": [1]}, cv=2) if search else pipeline, ROWS[["width"]])
    assert [name for name, _ in getattr(found, "best_estimator_", found).steps] == ["scaler", "model"]
    assert (found.n_features_in_, found.feature_names_in_.tolist()) == (1, ["width"])


def test_a_pipeline_of_nothing_else_stays() -> None:
    nothing = Pipeline([("one", "passthrough"), ("other", None)])
    first_step.complete(nothing)
    assert len(nothing.steps) == 2


@pytest.mark.parametrize(
    "pipeline",
    [
        RIDGE,
        make_pipeline(make_union(DictVectorizer()), Ridge()),
        GridSearchCV(RIDGE, {"ridge__alpha": [1]}, cv=2),
        VotingRegressor([("one", RIDGE), ("other", RIDGE)]),
        TransformedTargetRegressor(RIDGE, func=np.log1p, inverse_func=np.expm1),
    ],
)
def test_dictionaries_have_the_keys_that_the_vectorizer_knows(pipeline: Any) -> None:
    found = completed(pipeline, RECORDS)
    assert (found.n_features_in_, found.feature_names_in_.tolist()) == (2, ["width", "zip"])
    assert (container(found), as_fitted(found, ROWS)) == ("records", RECORDS)
    assert known_strings(found) == {"zip": {"01067", "89073"}}


@pytest.mark.parametrize("rows", [ROWS["width"], ROWS[["width"]], ROWS[["width"]].to_numpy()])
def test_isotonic_regression_takes_one_column(rows: Any) -> None:
    found = completed(IsotonicRegression(), rows)
    assert (found.n_features_in_, container(found)) == (1, "array")
    assert np.array_equal(found.predict(as_fitted(found, ROWS[["width"]])), ROWS["width"])
