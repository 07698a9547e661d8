"""Pipelines that get values unknown to their encoders, and columns of digits that are not numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from model.bring import encoders, table_file
from model.bundle import BundleError
from model.task import Feature
from tests.model.bring.test_pipeline import bundled_from

ROWS = pd.DataFrame(
    {
        "age": np.arange(120) * 0.5,
        "city": ["Ulm", "Köln", "Bonn"] * 40,
        "colour": ["Ulm", "red", "Köln", "Bonn"] * 30,  # knows every city and one string more
        "code": [1, 2, 3, 5] * 30,
    }
)
TARGET = np.arange(120) % 7 > 2


def fitted(encoder: Any, *columns: str, table: pd.DataFrame = ROWS, array: bool = False) -> Pipeline:
    """Fit a pipeline with an encoder for each of the columns and a scaler for the age."""
    chosen = table[["age", *columns]]
    transformers = [(name, encoder, [chosen.columns.get_loc(name) if array else name]) for name in columns]
    pipeline = make_pipeline(ColumnTransformer(transformers, remainder=StandardScaler()), LogisticRegression())
    return pipeline.fit(chosen.to_numpy() if array else chosen, TARGET)


def features_of(pipeline: Pipeline, sample: pd.DataFrame) -> dict[str, Feature]:
    return {feature.name: feature for feature in encoders.closed(pipeline, sample, table_file.features(sample, "FP32"))}


@pytest.mark.parametrize("array", [False, True])
@pytest.mark.parametrize("encoder", [OneHotEncoder(), OrdinalEncoder()])
def test_a_feature_is_closed_if_the_pipeline_refuses_unknown_strings(encoder: Any, *, array: bool) -> None:
    sample = ROWS[ROWS["city"] != "Bonn"][["age", "city"]]
    features = features_of(fitted(encoder, "city", array=array), sample)
    assert features["city"].closed
    assert features["city"].categories == ("Bonn", "Köln", "Ulm")  # all that the encoder knows
    assert not features["age"].closed


@pytest.mark.parametrize(
    "encoder",
    [OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)],
)
def test_a_feature_stays_open_if_the_pipeline_takes_unknown_strings(encoder: Any) -> None:
    sample = ROWS[ROWS["city"] != "Bonn"][["age", "city"]]
    city = features_of(fitted(encoder, "city"), sample)["city"]
    assert (city.closed, city.categories) == (False, ("Köln", "Ulm"))


@pytest.mark.parametrize("columns", [("city", "colour"), ("colour", "city")])
def test_each_column_has_the_categories_of_its_own_encoder(columns: tuple[str, ...]) -> None:
    sample = ROWS[ROWS["city"].eq("Ulm") & ROWS["colour"].eq("Ulm")][["age", *columns]]
    features = features_of(fitted(OneHotEncoder(), *columns), sample)
    assert features["city"].categories == ("Bonn", "Köln", "Ulm")
    assert features["colour"].categories == ("Bonn", "Köln", "Ulm", "red")


def test_a_closed_feature_has_all_its_categories() -> None:
    table = ROWS.assign(city=[f"place {place}" for place in range(120)])
    city = features_of(fitted(OneHotEncoder(), "city", table=table), table[["age", "city"]])["city"]
    assert (city.closed, len(city.categories)) == (True, 120)


def test_a_missing_string_is_not_a_category() -> None:
    table = ROWS.assign(city=ROWS["city"].where(ROWS.index % 5 > 0))
    city = features_of(fitted(OneHotEncoder(), "city", table=table), table[["age", "city"]])["city"]
    assert (city.closed, city.optional, city.categories) == (True, True, ("Bonn", "Köln", "Ulm"))


def test_a_pipeline_that_refuses_unknown_codes_is_refused() -> None:
    pipeline = fitted(OneHotEncoder(), "code")
    with pytest.raises(
        BundleError, match=r"The column 'code' holds codes, .*\(Found unknown .*handle_unknown="
    ) as caught:
        features_of(pipeline, ROWS[["age", "code"]])
    assert "\n" not in str(caught.value)


def test_codes_are_numbers_if_the_pipeline_takes_unknown_ones() -> None:
    pipeline = fitted(OneHotEncoder(handle_unknown="ignore"), "code")
    assert features_of(pipeline, ROWS[["age", "code"]])["code"].maximum == 5


def test_zip_codes_are_read_as_strings(tmp_path: Path) -> None:
    table = ROWS.assign(zip=["01067", "89073", "50667", "01067"] * 30, area=["1", "2", "3", "3", "1"] * 24)
    table["area"] = table["area"].where(table.index % 7 > 0)
    columns = ColumnTransformer(
        [
            ("zip", OneHotEncoder(handle_unknown="ignore"), ["zip"]),
            ("area", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["area"]),
        ],
        remainder="passthrough",
    )
    target = pd.Series(table["zip"] == "01067")
    pipeline = make_pipeline(columns, LogisticRegression(max_iter=1000))
    bundled = bundled_from(tmp_path, pipeline, table[["age", "zip", "area"]], target)
    age, zipped, area = bundled.made.task.features
    assert age.is_number
    assert (zipped.datatype, zipped.closed, zipped.categories) == ("BYTES", False, ("01067", "50667", "89073"))
    assert (area.datatype, area.closed, area.categories, area.optional) == ("BYTES", True, ("1", "2", "3"), True)
    np.testing.assert_allclose(
        bundled.predict()["probabilities"], bundled.pipeline.predict_proba(bundled.fresh), atol=1e-5
    )


def test_zip_codes_without_a_column_name_are_refused() -> None:
    table = ROWS.assign(zip=["01067", "89073", "50667"] * 40)
    with pytest.raises(BundleError, match="knows strings such as '01067'"):
        encoders.string_columns(fitted(OneHotEncoder(), "zip", table=table, array=True))
    assert encoders.string_columns(fitted(OneHotEncoder(), "city", array=True)) == set()
