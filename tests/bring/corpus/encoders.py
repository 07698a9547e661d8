"""Gaps and categories: every imputer, every encoder, and the kinds of columns that they meet."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from numpy.random import Generator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from tests.bring.case import Case, Form, fitted
from tests.bring.saving import questioned
from tests.bring.tables.amounts import bikes, houses, insurance, laptops, students
from tests.bring.tables.classes import churn, credit, heart, loans, pima, titanic
from tests.bring.tables.table import Table

_LR, _RIDGE = LogisticRegression(max_iter=2000), Ridge()
_FOREST, _AMOUNTS = RandomForestClassifier(10, random_state=0), RandomForestRegressor(10, random_state=0)
_IGNORE, _FREQUENT = OneHotEncoder(handle_unknown="ignore"), SimpleImputer(strategy="most_frequent")
_UNKNOWN = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
_GAPS = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2)
_BINS = KBinsDiscretizer(5, encode="onehot-dense", quantile_method="averaged_inverted_cdf")
_RARE = OneHotEncoder(min_frequency=25, handle_unknown="infrequent_if_exist")
_MISSING = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), _IGNORE)
_EMPTY = make_pipeline(SimpleImputer(strategy="constant", fill_value=""), _IGNORE)
_ZERO, _MINUS = SimpleImputer(missing_values=0), SimpleImputer(missing_values=-1, strategy="median")
_UNION = make_union(SimpleImputer(), MissingIndicator())
_BOOSTER = HistGradientBoostingRegressor(categorical_features=[0, 1], max_iter=15)
_FRAMES = make_column_transformer(
    (SimpleImputer(), ["Age"]),
    (OneHotEncoder(sparse_output=False, handle_unknown="ignore"), ["Sex"]),
    verbose_feature_names_out=False,
).set_output(transform="pandas")

_AREA, _PEOPLE = ("GrLivArea", "OverallQual", "LotFrontage"), ("Pclass", "Age", "Fare")
_CODES, _COSTS = ("EDUCATION", "LIMIT_BAL", "AGE"), ("region", "smoker", "age", "bmi")


def _filled(name: str, imputer: Any, table: Table, columns: tuple[str, ...], model: Any, form: Form = "frame") -> Case:
    return Case(name, table, make_pipeline(imputer, model), columns=columns, form=form)


def _encoded(
    name: str, encoder: Any, table: Table, encoded: Sequence[Any], model: Any, rest: Any = "drop", **more: Any
) -> Case:
    columns = make_column_transformer((encoder, list(encoded)), remainder=rest)
    return Case(name, table, make_pipeline(columns, model), **more)


def _dated(rng: Generator, count: int) -> pd.DataFrame:
    days = pd.Timestamp("2011-01-01") + pd.to_timedelta(rng.integers(0, 20, count), "D")
    rows: pd.DataFrame = bikes.draw(rng, count)[["hr", "temp", "cnt"]].assign(dteday=days.strftime("%Y-%m-%d"))
    return rows


def _parsed(model: Any, rows: Any, target: Any) -> Any:
    return fitted(model, rows.assign(dteday=pd.to_datetime(rows["dteday"])), target)


_FILLED = Table(lambda rng, count: loans.draw(rng, count).fillna({"Gender": ""}), loans.targets)
_DATED = Table(_dated, bikes.targets)

CASES = (
    _filled("mean", SimpleImputer(), titanic, _PEOPLE, make_pipeline(StandardScaler(), _LR)),
    _filled("mean of an array", SimpleImputer(), titanic, _PEOPLE, _FOREST, "array"),
    _filled("a constant zero", SimpleImputer(strategy="constant", fill_value=0), titanic, _PEOPLE, _LR),
    _filled("zero means missing", _ZERO, pima, ("Glucose", "BloodPressure", "BMI"), _LR),
    _filled("-1 means missing", _MINUS, credit, ("PAY_0", "AGE"), _LR),
    _filled("indicators of gaps", SimpleImputer(add_indicator=True), houses, _AREA, _RIDGE),
    _filled("indicators in a union", _UNION, houses, _AREA, _RIDGE),
    _filled("neighbours fill", KNNImputer(n_neighbors=3), houses, _AREA, _AMOUNTS),
    _filled("an iterative imputer", IterativeImputer(random_state=0), houses, _AREA, _RIDGE),
    Case("a forest with gaps", titanic, _FOREST, columns=_PEOPLE),
    Case("extra trees with gaps", titanic, ExtraTreesClassifier(10, random_state=0), columns=_PEOPLE),
    _encoded("a constant word", _MISSING, loans, ["Gender", "Dependents"], _LR),
    _encoded("NaN is a category", _IGNORE, loans, ["Gender", "Dependents", "Married"], _LR),
    _encoded("one-hot that refuses", OneHotEncoder(), loans, ["Married", "Education"], _LR),
    _encoded("one-hot of codes", OneHotEncoder(), credit, ["EDUCATION"], _LR, "passthrough", columns=_CODES),
    _encoded("one-hot of any code", _IGNORE, credit, ["EDUCATION"], _LR, "passthrough", columns=_CODES),
    _encoded("one-hot of codes of an array", _IGNORE, heart, [1, 2], _LR, StandardScaler(), form="array"),
    _encoded("rare words are one", _RARE, laptops, ["Company", "TypeName"], _RIDGE),
    _encoded("at most three words", OneHotEncoder(max_categories=3), laptops, ["Company", "TypeName"], _RIDGE),
    _encoded("unknown words warn", OneHotEncoder(handle_unknown="warn"), laptops, ["Company"], _RIDGE),
    _encoded("dropped where binary", OneHotEncoder(drop="if_binary"), insurance, ["sex", "smoker", "region"], _RIDGE),
    _encoded("booleans as categories", OneHotEncoder(drop="if_binary"), bikes, ["workingday", "weathersit"], _RIDGE),
    _encoded("booleans imputed", make_pipeline(_FREQUENT, _IGNORE), houses, ["CentralAir", "Neighborhood"], _RIDGE),
    _encoded("ordinal with unknown", _UNKNOWN, churn, ["Contract", "Partner"], _LR),
    Case("ordinal with gaps", loans, make_pipeline(_GAPS, _LR), columns=("Gender", "Dependents", "Credit_History")),
    Case("ordinal of all columns", students, make_pipeline(_UNKNOWN, _AMOUNTS), columns=("gender", "lunch")),
    _encoded("means of the target", TargetEncoder(random_state=0), insurance, ["region", "smoker"], _RIDGE),
    _encoded("bins of two columns", _BINS, insurance, ["age", "bmi"], _RIDGE),
    Case(
        "categories of a booster",
        insurance,
        Pipeline(
            [
                ("enc", make_column_transformer((_UNKNOWN, ["region", "smoker"]), remainder="passthrough")),
                ("hgb", _BOOSTER),
            ]
        ),
        columns=_COSTS,
    ),
    _encoded("question marks", make_pipeline(_FREQUENT, _IGNORE), titanic, ["Embarked", "Age"], _LR, write=questioned),
    _encoded(
        "dates", _IGNORE, _DATED, ["dteday"], _RIDGE, "passthrough", fit=_parsed, refused="knows dates such as 2011-01-"
    ),
    _encoded("dates as text", _IGNORE, _DATED, ["dteday"], _RIDGE, "passthrough"),
    _encoded("gaps filled with nothing", _IGNORE, _FILLED, ["Gender", "Married"], _LR),
    _encoded("gaps filled with nothing, no other", OneHotEncoder(), _FILLED, ["Gender", "Married"], _LR),
    _encoded("nothing instead of gaps", _EMPTY, loans, ["Gender", "Married"], _LR),
    Case("frames between the steps", titanic, make_pipeline(_FRAMES, _LR)),
    _encoded("numbers as words", make_pipeline(_FREQUENT, _IGNORE), loans, ["Dependents", "Credit_History"], _LR),
)
