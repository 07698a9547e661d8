"""A pipeline that cannot be bundled is refused with one sentence and exit code 1."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.cluster import DBSCAN
from sklearn.datasets import load_diabetes, load_wine
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from model.__main__ import main

WINE = load_wine(as_frame=True)
DIABETES = load_diabetes(as_frame=True, scaled=False)
GAPS = WINE.data.mask(np.random.default_rng(0).random(WINE.data.shape) < 0.1)
SCALED = make_pipeline(StandardScaler(), LogisticRegression())


def refused(capsys: pytest.CaptureFixture[str], folder: Path, pipeline: Any, rows: Any, *more: str) -> str:
    """Return the sentence with which `python -m model bundle` refuses a pipeline and its rows."""
    joblib.dump(pipeline, folder / "pipeline.joblib")
    if isinstance(rows, pd.DataFrame):
        rows.to_csv(folder / "rows.csv", index=False)
    else:
        (folder / "rows.csv").write_bytes(rows)
    command = ["bundle", str(folder / "pipeline.joblib"), "--name", "mine", "--data", str(folder / "rows.csv")]
    code = main([*command, "--output", str(folder / "mine"), *more])
    output = capsys.readouterr()
    assert code == 1
    assert "Wrote" not in output.out
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    assert not (folder / "mine").exists()
    return output.err


def fitted(pipeline: Any, rows: Any = WINE.data, target: Any = WINE.target) -> Any:
    return pipeline.fit(rows, target)


PIPELINES: list[tuple[str, Callable[[], Any], pd.DataFrame, str]] = [
    ("unfitted", lambda: make_pipeline(StandardScaler(), LogisticRegression()), WINE.data, "is not fitted"),
    ("no estimator", lambda: {"weights": [1, 2]}, WINE.data, "holds a dict"),
    ("a class", lambda: LogisticRegression, WINE.data, "holds the class LogisticRegression"),
    ("clusters of old rows only", lambda: fitted(DBSCAN()), WINE.data, "does not predict anything for new rows"),
    ("outliers among old rows only", lambda: fitted(LocalOutlierFactor()), WINE.data, "does not predict anything"),
    ("transformer", lambda: fitted(StandardScaler()), WINE.data, "holds a StandardScaler, which predicts nothing"),
    ("bare base", BaseEstimator, WINE.data, "does not predict anything for new rows"),
    (
        "several classes a row",
        lambda: fitted(MultiOutputClassifier(KNeighborsClassifier()), target=np.column_stack([WINE.target] * 2)),
        WINE.data,
        "several classes per row, and only one can be served. It has a model for each target.",
    ),
    (
        "several labels a row",
        lambda: fitted(RidgeClassifier(), target=np.column_stack([WINE.target == 0, WINE.target == 1]).astype(int)),
        WINE.data,
        "several classes per row, .* Fit and bundle a model for each column of the target.",
    ),
    (
        "one class",
        lambda: fitted(DecisionTreeClassifier(), target=["red"] * 178),
        WINE.data,
        "knows one class only, 'red'",
    ),
    (
        "text",
        lambda: fitted(
            make_pipeline(TfidfVectorizer(), LogisticRegression()), ["good", "bad", "fine"], ["yes", "no", "yes"]
        ),
        WINE.data,
        "takes one column of text, but .* has 0 besides the target",
    ),
    (
        "encoded apart",
        lambda: fitted(SCALED),
        WINE.data.assign(hue="red"),
        "The column 'hue' has text such as 'red', .*OrdinalEncoder",
    ),
    *(
        (
            f"amounts such as {text}",
            lambda: fitted(SCALED),
            WINE.data.assign(hue=text),
            f"'hue' has text such as '{re.escape(text)}', which is not a plain number",
        )
        for text in ("1,065.50", "$12", "3.5 %")
    ),
    ("dates", lambda: fitted(SCALED), WINE.data.assign(hue="2024-05-01"), "'hue' holds dates such as '2024-05-01'"),
    ("column missing", lambda: fitted(SCALED), WINE.data.drop(columns="ash"), "lacks the columns 'ash'"),
    (
        "after get_dummies",
        lambda: fitted(
            SCALED, pd.get_dummies(WINE.data.assign(hue=WINE.data["hue"].gt(1).map({True: "a", False: "b"})))
        ),
        WINE.data,
        "lacks the columns 'hue_a', 'hue_b', .* pd.get_dummies of 'hue'",
    ),
    ("nothing fits", lambda: fitted(SCALED), DIABETES.data, "'ash', .* and 8 more columns"),
    (
        "other width without names",
        lambda: fitted(SCALED, WINE.data.to_numpy()),
        WINE.data.assign(truth=WINE.target),
        "takes 13 columns without names, .* has 14 .* --target",
    ),
    (
        "gaps it does not take",
        lambda: fitted(SCALED),
        GAPS,
        "fails on the rows given: Input X contains NaN.* SimpleImputer",
    ),
    ("too few rows", lambda: fitted(SCALED), WINE.data[:9], "has 9 rows. Give at least 10"),
]


@pytest.mark.parametrize(("pipeline", "rows", "sentence"), [pytest.param(*case[1:], id=case[0]) for case in PIPELINES])
def test_a_pipeline_that_cannot_be_served_is_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    pipeline: Callable[[], Any],
    rows: pd.DataFrame,
    sentence: str,
) -> None:
    assert re.search(sentence, refused(capsys, tmp_path, pipeline(), rows))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a table"),
        (b"a,b\n1,2,3\n1,2\n1,2,3,4\n", "is not a table"),
        (b"\xff\xfe\x00", "is not a table"),
        (b"a,a\n" + b"1,2\n" * 20, "more than one column 'a'"),
    ],
)
def test_an_invalid_csv_file_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, sentence: str
) -> None:
    assert sentence in refused(capsys, tmp_path, fitted(SCALED), content)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--target", "truth"), "no column 'truth'"),
        (("--target", "ash"), "takes the column 'ash' as input, so it cannot be the target"),
        (("--target", "grown"), "is 'north' in row 1, which is not one of 0, 1, 2."),
        (("--target", "gap"), "is '' in row 1"),
        (("--target", "grown,gap"), "predicts one value per row. Name one column, or none"),
        (("--labels", "a,b"), "3 classes but 2 labels"),
        (("--labels", "a,b,b"), "more than once"),
        (("--name", "../up"), "not a valid name for a model"),
        (("--name", "img"), "cannot be named 'img'"),
    ],
)
def test_options_that_contradict_the_pipeline_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: tuple[str, ...], sentence: str
) -> None:
    rows = WINE.data.assign(grown="north", gap=[np.nan] + [1.0] * 177)
    assert sentence in refused(capsys, tmp_path, fitted(SCALED), rows, *more)


def test_labels_for_a_regression_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipeline = fitted(Ridge(), DIABETES.data, DIABETES.target)
    assert "no classes or labels" in refused(capsys, tmp_path, pipeline, DIABETES.data, "--labels", "a,b")


def test_a_text_target_for_a_regression_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipeline = fitted(Ridge(), DIABETES.data, DIABETES.target)
    rows = DIABETES.data.assign(truth="much")
    assert "is not a number in row 1" in refused(capsys, tmp_path, pipeline, rows, "--target", "truth")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"no pickle at all", "not a pickle"), (b"c__main__\nnowhere\n.", "__main__"), (None, "no file")],
)
def test_a_file_without_a_pipeline_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "pipeline.joblib").write_bytes(content)
    assert main(["bundle", str(tmp_path / "pipeline.joblib"), "--name", "mine", "--data", "rows.csv"]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_a_folder_without_a_bundle_is_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    joblib.dump(fitted(SCALED), tmp_path / "pipeline.joblib")
    WINE.data.to_csv(tmp_path / "rows.csv", index=False)
    command = ["bundle", str(tmp_path / "pipeline.joblib"), "--name", "mine", "--data", str(tmp_path / "rows.csv")]
    assert main([*command, "--output", str(tmp_path)]) == 1
    assert "not a model bundle" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


def test_showing_a_folder_without_a_bundle_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["show", str(tmp_path)]) == 1
    assert "has no manifest.json" in capsys.readouterr().err
