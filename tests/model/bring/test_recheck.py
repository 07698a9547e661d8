"""`python -m model check` compares a bundle with the pipeline in it, and its exit status is the verdict."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from model import bundle
from model.__main__ import main
from model.bring import model_file
from model.bring.pipeline import bundle as make_bundle
from model.bring.request import BundleRequest
from model.bundle import Bundle
from model.bundle_write import save

pytestmark = pytest.mark.slow

WINE = load_wine(as_frame=True)
DIABETES = load_diabetes(as_frame=True, scaled=False)


def bundled(folder: Path, pipeline: object, rows: pd.DataFrame) -> Bundle:
    joblib.dump(pipeline, folder / "m.joblib")
    rows.to_csv(folder / "rows.csv", index=False)
    return make_bundle(BundleRequest(folder / "m.joblib", folder / "rows.csv", "mine", folder / "mine"))


def checked(folder: Path, made: Bundle, rows: pd.DataFrame, *more: str) -> int:
    rows.to_csv(folder / "new.csv", index=False)
    return main(["check", str(made.folder), "--data", str(folder / "new.csv"), *more])


def test_a_bundle_that_agrees_exits_with_0_and_shows_how_good_it_is_on_new_rows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(WINE.data, WINE.target)
    made = bundled(tmp_path, pipeline, WINE.data.iloc[::2])
    assert checked(tmp_path, made, WINE.frame.iloc[1::2], "--target", "target") == 0
    printed = capsys.readouterr().out
    assert "All 89 rows agree. The largest difference is in row " in printed
    assert "Accuracy" in printed


def test_a_bundle_that_scikit_learn_serves_is_compared_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pipeline = make_pipeline(FunctionTransformer(np.log1p), Ridge()).fit(DIABETES.data, DIABETES.target)
    made = bundled(tmp_path, pipeline, DIABETES.data.head(40))
    assert made.skops is not None
    assert checked(tmp_path, made, DIABETES.data.tail(50)) == 0
    assert "All 50 rows agree" in capsys.readouterr().out


@pytest.mark.parametrize(("off", "code"), [(1e-6, 0), (1e-4, 1)])
def test_the_scores_of_outliers_are_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, off: float, code: int
) -> None:
    detector = IsolationForest(n_estimators=20, random_state=0).fit(WINE.data)
    made = bundled(tmp_path, detector, WINE.data)
    detector._average_path_length_per_tree = [lengths * (1 + off) for lengths in detector._average_path_length_per_tree]
    save(made.folder, made.task, model_file.dump(detector), made.skops or b"", made.card, made.statistics)
    assert checked(tmp_path, bundle.load(made.folder), WINE.data) == code
    assert "with the score -0." in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_a_bundle_of_another_pipeline_exits_with_1_and_names_the_worst_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    table, model = (WINE, DecisionTreeClassifier(max_depth=3)) if kind == "classification" else (DIABETES, Ridge())
    made = bundled(tmp_path, model.fit(table.data, table.target), table.data)
    other = model.fit(table.data, table.target.to_numpy()[::-1])
    save(made.folder, made.task, model_file.dump(other), made.onnx, made.card, made.statistics)
    assert checked(tmp_path, bundle.load(made.folder), table.data) == 1
    assert f"of {len(table.data)} rows differ. The worst is row " in capsys.readouterr().out


def test_rows_that_the_pipeline_refuses_are_counted_apart(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = pd.DataFrame({"city": ["Ulm", "Köln"] * 10, "age": np.arange(20.0)})
    columns = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    pipeline = make_pipeline(columns, LogisticRegression()).fit(rows, rows["age"] > 9)
    made = bundled(tmp_path, pipeline, rows)
    assert checked(tmp_path, made, rows.assign(city=["Ulm", "Bonn", "Ulm", "Köln"] * 5)) == 0
    assert "All 15 rows agree" in (printed := capsys.readouterr().out)
    assert "The pipeline itself refuses 5 rows." in printed


def test_a_bundle_without_a_pipeline_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    made = bundled(tmp_path, Ridge().fit(DIABETES.data, DIABETES.target), DIABETES.data)
    save(made.folder, made.task, None, made.onnx, made.card, made.statistics)
    assert checked(tmp_path, made, DIABETES.data) == 1
    assert "nothing to compare it with" in capsys.readouterr().err
