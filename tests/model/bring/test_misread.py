"""Encoders that know a column's values in another form than the sample has them."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from model.bring import misread
from model.bundle import BundleError

DAYS = pd.date_range("2024-01-01", periods=4).repeat(5)
SAMPLE = pd.DataFrame({"day": DAYS.strftime("%Y-%m-%d"), "width": np.arange(20.0)})
ENCODERS = [
    OneHotEncoder(handle_unknown="ignore"),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    TargetEncoder(target_type="continuous", cv=2),
]


def fitted(encoder: Any, rows: pd.DataFrame, *, array: bool = False) -> Pipeline:
    columns = make_column_transformer((encoder, [0] if array else ["day"]), remainder="passthrough")
    return make_pipeline(columns, Ridge()).fit(rows.to_numpy() if array else rows, rows["width"].astype(float))


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("array", [False, True])
def test_an_encoder_of_dates_is_refused_because_it_would_know_none_of_the_text(encoder: Any, *, array: bool) -> None:
    pipeline = fitted(encoder, SAMPLE.assign(day=DAYS), array=array)
    with pytest.raises(BundleError, match="knows dates such as 2024-01-01"):
        misread.compare(pipeline, SAMPLE)


def test_an_encoder_of_python_dates_is_refused() -> None:
    with pytest.raises(BundleError, match="astype"):
        misread.compare(fitted(ENCODERS[0], SAMPLE.assign(day=datetime.date(2024, 1, 1))), SAMPLE)


@pytest.mark.parametrize("encoder", [ENCODERS[0], make_pipeline(SimpleImputer(strategy="most_frequent"), ENCODERS[0])])
def test_an_encoder_that_knows_another_spelling_is_warned_of(encoder: Any) -> None:
    pipeline = fitted(encoder, SAMPLE.assign(day=DAYS.strftime("%d.%m.%Y")))
    (warning,) = misread.compare(pipeline, SAMPLE)
    assert "'day' knows none of the sample's values. It knows '01.01.2024', and the sample has '2024-01-01'" in warning


@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_encoder_that_knows_one_of_the_values_is_fine(encoder: Any) -> None:
    assert misread.compare(fitted(encoder, SAMPLE[:5]), SAMPLE) == []


def test_steps_one_after_the_other_may_know_other_values_under_the_same_name() -> None:
    ordinal = make_column_transformer((OrdinalEncoder(), ["day"]), verbose_feature_names_out=False)
    steps = make_pipeline(ordinal.set_output(transform="pandas"), OneHotEncoder(), Ridge())
    assert misread.compare(steps.fit(SAMPLE, SAMPLE["width"]), SAMPLE) == []


@pytest.mark.parametrize("array", [False, True])
def test_a_pipeline_of_objects_that_takes_no_plain_numbers_is_told_so(*, array: bool) -> None:
    rows = pd.DataFrame({"day": [1, 2, 3, 4] * 5, "wet": [True, False] * 10, "width": np.arange(20.0)})
    pipeline = fitted(ENCODERS[0], rows.astype(object), array=array)
    given = rows.assign(wet=rows["wet"].astype(int))
    with pytest.raises(TypeError) as error:
        pipeline.predict(given.to_numpy(float) if array else given)
    assert "Python objects" in str(misread.explained(pipeline, given, error.value))
