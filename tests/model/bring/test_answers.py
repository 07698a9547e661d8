"""A pipeline whose answers are not always the same cannot be served, and the refusal says which of them it is."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.decomposition import SparsePCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from model.bring import answers

ROWS = load_diabetes(as_frame=True).data[["age", "bmi", "bp"]]
GAPS = ROWS.mask(np.random.default_rng(0).random(ROWS.shape) < 0.2)
NOTHING = GAPS.copy()  # with rows without a value
NOTHING.iloc[::9] = np.nan


@pytest.mark.parametrize(
    ("step", "rows", "sentence"),
    [
        (IterativeImputer(sample_posterior=True), GAPS, "answers the same rows differently each time"),
        (FunctionTransformer(np.cumsum, kw_args={"axis": 0}), ROWS, "depends on the other rows"),
        (
            IterativeImputer(RandomForestRegressor(3, random_state=0), max_iter=1, tol=1e9),
            NOTHING,
            "depends on the other rows",
        ),
        (SparsePCA(2, max_iter=5), ROWS, "not a single one"),
    ],
)
@pytest.mark.parametrize("model", [Ridge(), LogisticRegression()])
def test_a_pipeline_whose_answers_change_is_told_so(step: Any, rows: pd.DataFrame, sentence: str, model: Any) -> None:
    pipeline = make_pipeline(step, model).fit(rows, ROWS["age"] > 0)
    assert sentence in answers.unsteady(pipeline, rows)


@pytest.mark.parametrize("model", [Ridge(), LogisticRegression()])
def test_a_pipeline_whose_answers_stay_is_steady(model: Any) -> None:
    pipeline = make_pipeline(StandardScaler(), model).fit(ROWS, ROWS["age"] > 0)
    assert answers.unsteady(pipeline, ROWS) == ""
