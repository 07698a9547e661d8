"""Steps over numbers and strings together are split by the type of their columns, and give what they gave."""

import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from model.bring.column_groups import split_by_type
from model.bring.convertible import prepare_for_skl2onnx

RANDOM = np.random.default_rng(0)
ROWS = pd.DataFrame(
    {
        "class": RANDOM.integers(1, 4, 90),
        "sex": RANDOM.choice(["male", "female"], 90),
        "port": RANDOM.choice(np.array(["S", "C", "Q", None]), 90, p=[0.6, 0.2, 0.15, 0.05]),
        "deck": np.where(RANDOM.random(90) < 0.1, np.nan, RANDOM.integers(0, 3, 90)),
        "alone": RANDOM.random(90) < 0.5,
    }
)
COLUMNS = list(ROWS.columns)
FREQUENT = SimpleImputer(strategy="most_frequent")
UNKNOWN = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)


def split(step: Any, columns: Any = COLUMNS) -> tuple[ColumnTransformer, list[tuple[str, Any, Any]]]:
    fitted = ColumnTransformer([("all", step, columns)], sparse_threshold=0).fit(ROWS)
    divided = copy.deepcopy(fitted)
    split_by_type(divided)
    return fitted, divided.transformers_


@pytest.mark.parametrize(
    "step",
    [
        make_pipeline(FREQUENT, OneHotEncoder()),
        make_pipeline(FREQUENT, OneHotEncoder(handle_unknown="ignore", sparse_output=False)),
        make_pipeline(FREQUENT, OneHotEncoder(drop="first")),
        make_pipeline(FREQUENT, OneHotEncoder(drop="if_binary")),
        make_pipeline(FREQUENT, OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist")),
        make_pipeline(FREQUENT, OrdinalEncoder()),
        make_pipeline(FREQUENT, UNKNOWN),
        OneHotEncoder(),
        UNKNOWN,
    ],
    ids=str,
)
@pytest.mark.parametrize("columns", [COLUMNS, [0, 1, 2, 3, 4]], ids=["names", "places"])
def test_the_parts_give_what_the_whole_gave(step: Any, columns: Any) -> None:
    fitted, parts = split(step, columns)
    assert [list(chosen) for _, _, chosen in parts] == [columns[:1], columns[1:3], columns[3:]]
    rows = ROWS if columns == COLUMNS else ROWS.set_axis(columns, axis="columns")
    outputs = [part.transform(rows[list(chosen)].set_axis(part.feature_names_in_, axis=1)) for _, part, chosen in parts]
    arrays = [output.toarray() if hasattr(output, "toarray") else output for output in outputs]
    np.testing.assert_array_equal(np.hstack(arrays), fitted.transform(ROWS))


@pytest.mark.parametrize(
    ("step", "columns"),
    [
        (make_pipeline(FREQUENT, OneHotEncoder()), ["sex", "port"]),
        (make_pipeline(SimpleImputer(strategy="most_frequent", add_indicator=True), OneHotEncoder()), COLUMNS),
        (make_pipeline(OneHotEncoder(sparse_output=False), StandardScaler()), COLUMNS),
        (StandardScaler(), ["class", "deck"]),
        ("passthrough", ["class", "deck"]),
    ],
    ids=str,
)
def test_what_is_of_one_type_or_depends_on_all_columns_stays_whole(step: Any, columns: list[str]) -> None:
    _, parts = split(step, columns)
    assert parts[0][0] == "all"


def test_the_pipeline_itself_stays_whole() -> None:
    step = ColumnTransformer([("all", make_pipeline(FREQUENT, OneHotEncoder()), COLUMNS)])
    pipeline = make_pipeline(step, LogisticRegression()).fit(ROWS, ROWS["alone"])
    assert len(prepare_for_skl2onnx(pipeline)[0].transformers_) == 3
    assert len(pipeline[0].transformers_) == 1
