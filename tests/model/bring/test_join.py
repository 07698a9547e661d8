"""Steps that were saved apart from their model are joined with it by --before, and the joined pipeline is proved."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler

from model import bundle
from model.__main__ import main
from server.predictor import Predictor
from server.rows import rest

WINE = load_wine(as_frame=True)
DIABETES = load_diabetes(as_frame=True, scaled=False)


def joined(folder: Path, rows: pd.DataFrame, model: Any, *steps: Any) -> int:
    rows.to_csv(folder / "rows.csv", index=False)
    joblib.dump(model, folder / "model.pkl")
    command = ["bundle", str(folder / "model.pkl"), "--name", "mine", "--data", str(folder / "rows.csv")]
    for place, step in enumerate(steps):
        joblib.dump(step, folder / f"step{place}.pkl")
        command += ["--before", str(folder / f"step{place}.pkl")]
    return main([*command, "--output", str(folder / "mine")])


def answers(folder: Path, rows: pd.DataFrame) -> list[Any]:
    served = Predictor("mine", bundle.load(folder / "mine"))
    served.load()
    body = json.dumps({"instances": rows.to_dict("records")}).encode()
    found: list[Any] = json.loads(rest.predict_v1(served, body, {}).body)["predictions"]
    return found


@pytest.mark.slow
def test_several_steps_are_applied_in_their_order(tmp_path: Path) -> None:
    scaler = StandardScaler().fit(WINE.data)
    reduced = PCA(4).fit(scaler.transform(WINE.data))
    values = reduced.transform(scaler.transform(WINE.data))
    model = LogisticRegression().fit(values, WINE.target)
    assert joined(tmp_path, WINE.data, model, scaler, reduced) == 0
    assert answers(tmp_path, WINE.data) == model.predict(values).tolist()


@pytest.mark.slow
def test_a_vectorizer_goes_before_its_model(tmp_path: Path) -> None:
    rows = pd.DataFrame({"text": ["sun and sea", "rain and wind", "sea", "wind"] * 5})
    words = TfidfVectorizer().fit(rows["text"])
    model = MultinomialNB().fit(words.transform(rows["text"]), ["good", "bad"] * 10)
    assert joined(tmp_path, rows, model, words) == 0
    assert answers(tmp_path, rows) == model.predict(words.transform(rows["text"])).tolist()


def test_the_step_of_another_model_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model = KNeighborsRegressor().fit(DIABETES.data, DIABETES.target)
    assert joined(tmp_path, DIABETES.data, model, MinMaxScaler().fit(DIABETES.data)) == 1
    assert "was fitted on other values" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (StandardScaler(), "is not fitted"),
        (LabelEncoder().fit(["a"]), "does not prepare rows"),
        (np.zeros(3), "holds a ndarray"),
        (PCA(2).fit(WINE.data.to_numpy()), "fail"),
    ],
)
def test_what_is_no_step_of_the_model_is_refused(
    step: Any, sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    model = LogisticRegression(max_iter=10_000).fit(WINE.data.to_numpy(), WINE.target)
    assert joined(tmp_path, WINE.data, model, step) == 1
    assert sentence in capsys.readouterr().err
