"""What ONNX cannot express, or expresses with other predictions, is served by scikit-learn."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

from model.bring.pipeline import bundle
from model.bring.request import BundleRequest
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
    ("trees that take gaps", lambda: RandomForestClassifier(5, random_state=0), GAPS, "split on missing values"),
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
        "of 178 labels differ",
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
    joblib.dump(pipeline, tmp_path / "model.joblib")
    rows.to_csv(tmp_path / "rows.csv", index=False)
    made = bundle(BundleRequest(tmp_path / "model.joblib", tmp_path / "rows.csv", "mine", tmp_path / "mine"))
    assert made.skops is not None
    assert any(reason in limit for limit in made.card["limits"])
    served = Predictor("mine", made)
    served.load()
    body = b'{"instances":' + rows.to_json(orient="records").encode() + b"}"
    predictions = np.array(json.loads(rest.predict_v1(served, body, {}).body)["predictions"])
    assert predictions == pytest.approx(pipeline.predict(rows), rel=1e-9)
