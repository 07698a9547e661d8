"""Pipelines that get values unknown to their encoders, and columns of digits that are not numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import CategoricalNB
from sklearn.neighbors import RadiusNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from model.bring import encoders, first_step
from model.bring.features import features
from model.bring.fitted_on import known_strings
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
    return {feature.name: feature for feature in encoders.closed(pipeline, sample, features(sample))}


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


@pytest.mark.parametrize("array", [False, True])
def test_a_number_has_codes_if_the_pipeline_refuses_unknown_ones(*, array: bool) -> None:
    sample = ROWS[ROWS["code"] != 2][["age", "code"]]
    features = features_of(fitted(OneHotEncoder(), "code", array=array), sample)
    assert (features["code"].codes, features["code"].optional) == ((1.0, 2.0, 3.0, 5.0), False)
    assert features["age"].codes == ()


def test_whole_numbers_that_index_a_table_are_codes() -> None:
    pipeline = CategoricalNB().fit(ROWS[["code"]], TARGET)
    assert features_of(pipeline, ROWS[["code"]])["code"].codes == (1.0, 2.0, 3.0, 5.0)


def test_a_number_has_no_codes_if_only_large_ones_are_refused() -> None:
    # Trees round to single precision, which has no exp(100).
    pipeline = make_pipeline(FunctionTransformer(np.exp), DecisionTreeClassifier()).fit(ROWS[["age"]], TARGET)
    assert features_of(pipeline, ROWS[["age"]])["age"].codes == ()


@pytest.mark.parametrize(
    "pipeline",
    [
        make_pipeline(SplineTransformer(n_knots=3, extrapolation="error"), Ridge()),  # of whole numbers, only outside
        RadiusNeighborsRegressor(radius=0.9),  # where no neighbour is near
    ],
)
@pytest.mark.filterwarnings("ignore:One or more samples have no neighbors")
def test_a_number_has_no_codes_if_only_some_between_them_are_refused(pipeline: Any) -> None:
    sample = pd.DataFrame({"age": [*range(18, 60), 70, 80, 90]})
    assert features_of(pipeline.fit(sample, sample["age"] * 0.5), sample)["age"].codes == ()


def test_codes_are_numbers_if_the_pipeline_takes_unknown_ones() -> None:
    pipeline = fitted(OneHotEncoder(handle_unknown="ignore"), "code")
    assert features_of(pipeline, ROWS[["age", "code"]])["code"].maximum == 5


@pytest.mark.parametrize(
    ("imputer", "columns"),
    [(SimpleImputer(), {"age", "code"}), (FunctionTransformer(), set())],
    ids=["imputer", "no imputer"],
)
@pytest.mark.parametrize("model", [LogisticRegression(), RandomForestClassifier(3)])
def test_a_feature_is_optional_if_the_pipeline_takes_missing_values(
    imputer: Any, columns: set[str], model: Any
) -> None:
    pipeline = make_pipeline(imputer, model).fit(ROWS[["age", "code"]], TARGET)
    features = features_of(pipeline, ROWS[["age", "code"]])
    assert {name for name, feature in features.items() if feature.optional} == columns
    # Afterwards the trees take them as before, since scikit-learn gives such a row an answer.
    assert not isinstance(model, RandomForestClassifier) or pipeline.predict(ROWS[["age", "code"]] * np.nan).size


EMPTY = ROWS.assign(city=ROWS["city"].where(ROWS["city"] != "Bonn", ""))


def test_a_missing_string_is_not_taken_if_the_empty_one_that_stands_for_it_is_a_category() -> None:
    features = features_of(fitted(OneHotEncoder(handle_unknown="ignore"), "city", "colour", table=EMPTY), EMPTY)
    assert (features["city"].optional, features["city"].categories) == (False, ("", "Köln", "Ulm"))
    assert features["colour"].optional  # its encoder does not know the empty string


def test_a_missing_key_is_not_taken_if_the_empty_string_that_stands_for_it_is_a_column() -> None:
    records = EMPTY[["age", "city", "colour"]].to_dict("records")
    pipeline = make_pipeline(DictVectorizer(), LogisticRegression()).fit(records, TARGET)
    first_step.complete(pipeline)
    features = features_of(pipeline, EMPTY[["age", "city", "colour"]])
    assert {name for name, feature in features.items() if feature.optional} == {"colour"}


def test_a_missing_string_is_taken_if_an_imputer_makes_the_empty_one_of_it() -> None:
    imputer = SimpleImputer(strategy="constant", fill_value="")
    features = features_of(fitted(make_pipeline(imputer, OneHotEncoder()), "city", table=EMPTY), EMPTY[["age", "city"]])
    assert features["city"].optional


def test_each_of_many_columns_is_asked() -> None:
    rows = pd.DataFrame(np.random.default_rng(0).random((20, 700)), columns=[f"x{place}" for place in range(700)])
    rows["x600"] = [1, 2] * 10
    columns = ColumnTransformer([("code", OneHotEncoder(), ["x600"]), ("gap", SimpleImputer(), ["x650"])])
    pipeline = make_pipeline(columns, LogisticRegression()).fit(rows, rows["x600"])
    features = features_of(pipeline, rows)
    assert [name for name, feature in features.items() if feature.codes] == ["x600"]
    assert not features["x600"].optional
    assert features["x650"].optional


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
        known_strings(fitted(OneHotEncoder(), "zip", table=table, array=True))
    assert known_strings(fitted(OneHotEncoder(), "city", array=True)) == {}


def test_an_empty_category_without_a_column_name_is_refused() -> None:
    with pytest.raises(BundleError, match="knows the empty string, but not the name of its column"):
        known_strings(fitted(OneHotEncoder(), "city", table=EMPTY, array=True))
    assert known_strings(fitted(OneHotEncoder(), "city", table=EMPTY)) == {"city": {"", "Köln", "Ulm"}}
