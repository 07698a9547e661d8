"""What ONNX cannot express, or expresses with other predictions, is served by scikit-learn."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    BaggingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from sklearn.tree import DecisionTreeRegressor

from model.bring.pipeline import bundle
from model.bring.request import BundleRequest
from model.bundle import Bundle
from server.predictor import Predictor
from server.rows import rest

WINE = load_wine(as_frame=True)
GAPS = WINE.data.mask(np.random.default_rng(0).random(WINE.data.shape) < 0.1)
WORDS = pd.DataFrame({"label": ["a", "b"] * 89})
# Thousandths of a million need double precision, in which onnxruntime has no PolynomialFeatures.
PLACES = pd.DataFrame({"place": 1e6 + np.arange(178) * 1e-3, "width": np.arange(178) % 7})

PIPELINES: list[tuple[str, Callable[[], Any], pd.DataFrame, str]] = [
    (
        "a function",
        lambda: make_pipeline(FunctionTransformer(np.log1p), Ridge()),
        WINE.data,
        "FunctionTransformer",
    ),
    ("no operator", lambda: make_pipeline(SplineTransformer(), Ridge()), WINE.data, "no operator for SplineTra"),
    (
        "a column with the name of an output",
        lambda: make_pipeline(ColumnTransformer([("words", OneHotEncoder(), ["label"])]), LogisticRegression()),
        WORDS,
        "has the name of an output",
    ),
    (
        "another prediction in ONNX",
        lambda: KNeighborsClassifier(weights="distance"),
        WINE.data,
        "labels differ, probabilities by up to",
    ),
    (
        "no double precision",
        lambda: make_pipeline(StandardScaler(), PolynomialFeatures(), Ridge(1e-6)),
        PLACES,
        "onnxruntime cannot run its operator Concat",
    ),
]


@pytest.mark.parametrize(("untrained", "rows", "reason"), [pytest.param(*case[1:], id=case[0]) for case in PIPELINES])
def test_scikit_learn_serves_what_onnx_cannot(
    tmp_path: Path, untrained: Callable[[], Any], rows: pd.DataFrame, reason: str
) -> None:
    pipeline = untrained().fit(rows, WINE.target)
    made = bundled(tmp_path, pipeline, rows)
    assert made.skops is not None
    assert any(reason in limit for limit in made.card["limits"])
    assert served(made, rows) == pytest.approx(pipeline.predict(rows), rel=1e-9)


EVEN = pd.DataFrame({"age": np.tile(np.arange(18, 80, 2.0), 4)})
ODD = pd.DataFrame({"age": np.arange(19, 79, 2.0)})
CITIES = pd.DataFrame({"city": ["Ulm", "Bonn", "Kiel"] * 10, "x": range(30)})
SEASONS = pd.DataFrame({"season": [1, 2, 3, 4] * 10, "x": range(40)})
MARKED = pd.concat([PLACES[["place"]], pd.DataFrame({"place": [-1.0] * 9})], ignore_index=True)
TREE = DecisionTreeRegressor(random_state=0)


def coded(encoder: Any, column: str) -> Any:
    return make_pipeline(ColumnTransformer([("code", encoder, [column])], remainder="passthrough"), Ridge(0.01))


NEW_ROWS: list[tuple[str, Any, pd.DataFrame, pd.DataFrame, str]] = [
    ("plain tree", TREE, EVEN, ODD, "FP32"),
    ("tree behind a scaler", make_pipeline(StandardScaler(), TREE), EVEN, ODD, "FP64"),
    (
        "tree in a vote",
        make_pipeline(StandardScaler(), VotingRegressor([("tree", TREE), ("line", Ridge())])),
        EVEN,
        ODD,
        "FP64",
    ),
    (
        "tree in a stack",
        make_pipeline(MinMaxScaler(), StackingRegressor([("tree", TREE)], Ridge())),
        EVEN,
        ODD,
        "FP64",
    ),
    ("trees in bags", make_pipeline(StandardScaler(), BaggingRegressor(TREE, 5, random_state=0)), EVEN, ODD, "FP64"),
    (
        "tree in a search",
        GridSearchCV(make_pipeline(StandardScaler(), TREE), {"decisiontreeregressor__max_depth": [9]}, cv=2),
        EVEN,
        ODD,
        "FP64",
    ),
    *(
        (
            f"unknown category, {way}",
            coded(OneHotEncoder(handle_unknown=way), "city"),
            CITIES,
            pd.DataFrame({"city": ["Rom", "Ulm"], "x": [3, 4]}),
            "FP32",
        )
        for way in ("ignore", "warn", "infrequent_if_exist")
    ),
    (
        "rare categories",
        coded(OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=11), "city"),
        CITIES.assign(city=["Ulm", "Bonn", "Ulm"] * 9 + ["Kiel", "Rom", "Ulm"]),
        pd.DataFrame({"city": ["Rom", "Ulm", "Oslo", "Bonn"], "x": [3, 4, 5, 6]}),
        "FP32",
    ),
    (
        "fractions of codes",
        coded(OneHotEncoder(handle_unknown="ignore"), "season"),
        SEASONS,
        pd.DataFrame({"season": [2.5, 4.9, 0.5, 2.0], "x": [3, 3, 3, 3]}),
        "FP64",
    ),
    (
        "a number for missing values",
        make_pipeline(SimpleImputer(missing_values=-1.0), StandardScaler(), Ridge(1e-6)),
        MARKED,
        pd.DataFrame({"place": [-1.0, 1e6 + 0.0005]}),
        "FP64",
    ),
    (
        "a flag for missing values",
        make_pipeline(SimpleImputer(add_indicator=True), StandardScaler(), Ridge()),
        GAPS,
        GAPS.iloc[:9] + 0.5,
        "FP32",
    ),
    (
        "boosting over histograms",
        make_pipeline(StandardScaler(), HistGradientBoostingRegressor(min_samples_leaf=4, max_iter=5)),
        EVEN,
        ODD,
        "FP64",
    ),
    ("a random search", RandomizedSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, n_iter=2, cv=2), EVEN, ODD, "FP32"),
    ("a forest that takes gaps", RandomForestRegressor(5, random_state=0), GAPS, GAPS.iloc[:9] + 0.5, "FP32"),
]


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize(
    ("untrained", "rows", "new", "number"), [pytest.param(*case[1:], id=case[0]) for case in NEW_ROWS]
)
def test_new_rows_are_answered_as_by_the_pipeline(
    tmp_path: Path, untrained: Any, rows: pd.DataFrame, new: pd.DataFrame, number: str
) -> None:
    ranks = sum(pd.factorize(column, sort=True)[0] + 10 for _, column in rows.items())
    pipeline = clone(untrained).fit(rows, ranks)
    made = bundled(tmp_path, pipeline, rows)
    assert made.card["verification"]["datatype"] == number
    assert made.onnx
    assert served(made, new) == pytest.approx(pipeline.predict(new), rel=1e-5)


def test_a_number_for_missing_values_need_not_be_in_the_sample(tmp_path: Path) -> None:
    pipeline = make_pipeline(SimpleImputer(missing_values=-1.0), StandardScaler(), Ridge(1e-6))
    pipeline.fit(MARKED, [*np.arange(178) * 10.0, *[1500.0] * 9])
    made = bundled(tmp_path, pipeline, MARKED[:178])
    assert made.card["verification"]["rows_by_kind"]["at edges and codes"] > 0
    new = pd.DataFrame({"place": [-1.0]})
    assert served(made, new) == pytest.approx(pipeline.predict(new), rel=1e-5)


def test_a_calibrated_pipeline_of_columns_is_served(tmp_path: Path) -> None:
    columns = ColumnTransformer([("code", OneHotEncoder(handle_unknown="ignore"), ["city"])], remainder="passthrough")
    pipeline = CalibratedClassifierCV(make_pipeline(columns, LogisticRegression()), cv=2)
    pipeline.fit(CITIES, CITIES["x"] % 2)
    new = pd.DataFrame({"city": ["Rom", "Ulm"], "x": [3, 40]})
    assert served(bundled(tmp_path, pipeline, CITIES), new).tolist() == pipeline.predict(new).tolist()


def test_the_card_counts_the_rows_of_each_kind(tmp_path: Path) -> None:
    verification = bundled(tmp_path, TREE.fit(EVEN, EVEN["age"]), EVEN).card["verification"]
    assert verification["rows_by_kind"]["drawn between"] == 10_000
    assert sum(verification["rows_by_kind"].values()) == verification["rows"]


def bundled(folder: Path, pipeline: Any, rows: pd.DataFrame) -> Bundle:
    joblib.dump(pipeline, folder / "model.joblib")
    rows.to_csv(folder / "rows.csv", index=False)
    return bundle(BundleRequest(folder / "model.joblib", folder / "rows.csv", "mine", folder / "mine"))


def served(made: Bundle, rows: pd.DataFrame) -> Any:
    predictor = Predictor("mine", made)
    predictor.load()
    body = b'{"instances":' + rows.to_json(orient="records", double_precision=15).encode() + b"}"
    return np.array(json.loads(rest.predict_v1(predictor, body, {}).body)["predictions"])
