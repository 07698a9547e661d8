"""A file that holds no whole model is answered with the line of Python that makes one of its parts."""

import pickle
import re
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

from model.bring import advice, model_file

WINE = load_wine(as_frame=True)
SCALER = StandardScaler().fit(WINE.data)
REDUCED = PCA(3).fit(SCALER.transform(WINE.data))
MODEL = LogisticRegression().fit(SCALER.transform(WINE.data), WINE.target)
SMALL = LogisticRegression().fit(REDUCED.transform(SCALER.transform(WINE.data)), WINE.target)


def refusal(content: Any, pickles: int = 1) -> str:
    sentence = advice.refusal(content, Path("/home/somebody/my_model.pkl"), pickles=pickles)
    assert len(f"error: {sentence}") <= 300
    assert "\n" not in sentence
    return sentence


def followed(sentence: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what the advised line of Python saves."""
    monkeypatch.chdir(folder)
    code = re.split(r"(?:as one|to serve|model alone): ", sentence)[1]
    exec(f"import joblib, pickle; from sklearn.pipeline import make_pipeline; {code}", {})  # noqa: S102
    return joblib.load("pipeline.joblib")


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ({"model": MODEL, "scaler": SCALER, "columns": list(WINE.data)}, 'p["scaler"], p["model"]'),
        ({"artefacts": {"clf": MODEL, "sc": SCALER}}, 'p["artefacts"]["sc"], p["artefacts"]["clf"]'),
        ((MODEL, SCALER), "p[1], p[0]"),
        ([SCALER, MODEL, 0.98], "p[0], p[1]"),
        ({"pca": REDUCED, "clf": SMALL, "scaler": SCALER}, 'p["scaler"], p["pca"], p["clf"]'),
    ],
)
def test_the_advised_line_joins_the_parts_by_the_names_that_they_have(
    content: Any, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joblib.dump(content, tmp_path / "my_model.pkl")
    joined = followed(refusal(content), tmp_path, monkeypatch)
    assert (joined.predict(WINE.data) == WINE.target).mean() > 0.95
    assert f"make_pipeline({first})" in refusal(content)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the line does not close the file
def test_the_advised_line_reads_several_pickles_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "my_model.pkl").open("wb") as file:
        for part in (SCALER, MODEL):
            pickle.dump(part, file)
    sentence = refusal([SCALER, MODEL], pickles=2)
    assert "holds 2 pickles" in sentence
    joined = followed(sentence, tmp_path, monkeypatch)
    assert (joined.predict(WINE.data) == WINE.target).mean() > 0.95


def test_a_model_among_notes_is_to_be_saved_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"model": MODEL, "accuracy": 0.9}
    joblib.dump(content, tmp_path / "my_model.pkl")
    assert isinstance(followed(refusal(content), tmp_path, monkeypatch), LogisticRegression)


def test_of_several_models_one_is_to_be_chosen() -> None:
    assert "Save the one to serve" in refusal({"first": MODEL, "second": SMALL, "scaler": SCALER})


def test_parts_that_take_different_columns_are_to_be_fitted_as_one() -> None:
    encoder = OneHotEncoder().fit(pd.DataFrame({"city": ["Ulm", "Köln"]}))
    ages = StandardScaler().fit(pd.DataFrame({"age": [1.0, 2.0]}))
    model = LogisticRegression().fit(np.eye(3), [0, 1, 1])
    sentence = refusal({"enc": encoder, "num": ages, "clf": model})
    assert 'make_column_transformer((p["enc"], [its columns]), (p["num"], [its columns]))' in sentence


def test_a_vectorizer_and_its_model_are_joined() -> None:
    words = TfidfVectorizer().fit(["good day", "bad day"])
    model = MultinomialNB().fit(words.transform(["good day", "bad day"]), [1, 0])
    assert 'make_pipeline(p["vectorizer"], p["nb"])' in refusal({"nb": model, "vectorizer": words})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (SCALER, "which predicts nothing. Bundle its model with --before my_model.pkl"),
        (LabelEncoder().fit(["a", "b"]), "holds a LabelEncoder, which only names classes"),
        ({"scaler": SCALER}, 'with \\["scaler"\\] StandardScaler but no model'),
        ({"weights": [1, 2]}, "holds a dict without a fitted model"),
        (LogisticRegression, "holds the class LogisticRegression"),
        (np.zeros(3), "holds a ndarray, not"),
        (WINE.data, "holds a DataFrame, not"),
        (None, "holds a NoneType, not"),
        ([[[[MODEL]]]], "without a fitted model"),
    ],
)
def test_whatever_else_a_file_holds_is_named(content: Any, sentence: str) -> None:
    assert re.search(sentence, refusal(content))


def test_many_parts_are_counted_instead_of_named() -> None:
    assert "and 8 more parts" in advice.refusal({f"model {number}": MODEL for number in range(50)}, Path("m.pkl"))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("before", [[], [StandardScaler()], [StandardScaler(), PCA(5)]])
def test_the_advised_line_takes_the_model_of_the_first_of_several_targets(
    before: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = MultiOutputClassifier(LogisticRegression(max_iter=5000))
    targets = np.column_stack([WINE.target, WINE.target == 1])
    model = (make_pipeline(*before, several) if before else several).fit(WINE.data, targets)
    joblib.dump(model, tmp_path / "my_model.pkl")
    monkeypatch.chdir(tmp_path)
    sentence = advice.several_classes(model, tmp_path / "my_model.pkl")
    assert len(f"error: {sentence}") <= 300
    exec(f"{advice._IMPORTS}{sentence.split('one by one: ')[1]}", {})  # noqa: S102
    first, _ = model_file.load(tmp_path / "first.joblib")
    assert first.predict(WINE.data).tolist() == model.predict(WINE.data)[:, 0].tolist()


def test_a_forest_of_several_targets_has_no_model_for_each() -> None:
    assert advice.several_classes(RandomForestClassifier(), Path("my_model.pkl")).endswith("of the target.")
