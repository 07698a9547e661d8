"""Five pipelines nobody tuned for, each fitted here, bundled by the command, and asked about rows never shown."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

from model import bundle
from model.bundle import Bundle
from model.train.tabular.check import tensor

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Brought:
    pipeline: Any
    made: Bundle
    fresh: pd.DataFrame  # rows that neither the fit nor the bundling saw
    output: str

    def ask(self, rows: pd.DataFrame | None = None) -> dict[str, NDArray[Any]]:
        """The ONNX graph's answers by name."""
        session = onnxruntime.InferenceSession(self.made.onnx, providers=["CPUExecutionProvider"])
        asked = self.fresh if rows is None else rows
        columns = {feature.name: tensor(asked[feature.name], feature) for feature in self.made.task.features}
        feed = {"input": np.hstack(list(columns.values()))} if self.made.task.numeric else columns
        return dict(zip([output.name for output in session.get_outputs()], session.run(None, feed), strict=True))


def bring(folder: Path, pipeline: Any, rows: pd.DataFrame, target: "pd.Series[Any]", *, plain: bool = False) -> Brought:
    """Fit on two thirds of the rows, bundle by the real command, keep the rest as fresh rows."""
    fresh = np.arange(len(rows)) % 3 == 0
    known = rows[~fresh]
    pipeline.fit(known.to_numpy() if plain else known, target[~fresh])
    joblib.dump(pipeline, folder / "pipeline.joblib")
    known.assign(truth=target[~fresh]).to_csv(folder / "rows.csv", index=False)
    run = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "model", "bundle", str(folder / "pipeline.joblib")),
            *("--name", "mine", "--data", str(folder / "rows.csv"), "--target", "truth"),
            *("--output", str(folder / "mine"), "--title", "My model", "--version", "2.1"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return Brought(pipeline, bundle.load(folder / "mine"), rows[fresh], run.stdout)


def customers() -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    rng = np.random.default_rng(0)
    count = 360
    rows = pd.DataFrame(
        {
            "age": rng.integers(18, 90, count),
            "income": rng.normal(30_000, 10_000, count).round(2),
            "city": rng.choice(["Ulm", "Köln", "New York"], count),
            "member": rng.random(count) < 0.5,
        }
    )
    stays = (rows["age"] > 50) ^ (rows["city"] == "Ulm")
    return rows, stays.map({True: "stays", False: "leaves"})


def test_gradient_boosting_regressor(tmp_path: Path) -> None:
    data = load_diabetes(as_frame=True, scaled=False)
    brought = bring(tmp_path, GradientBoostingRegressor(random_state=0), data.data, data.target)
    answers = brought.ask()
    assert brought.made.task.kind == "regression"
    assert list(answers) == ["prediction"]
    expected = brought.pipeline.predict(brought.fresh)
    np.testing.assert_allclose(answers["prediction"].ravel(), expected, rtol=1e-5)
    assert brought.made.card["metrics"]["rows_given"]["r2"] > 0.5
    assert len(brought.made.statistics["target"]["deciles"]) == 9
    assert (brought.made.task.title, brought.made.task.version) == ("My model", "2.1")
    assert "Root mean squared error" in brought.output


def test_knn_on_plain_arrays_with_classes_of_text(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    names = data.target.map({0: "barolo", 1: "grignolino", 2: "barbera"})
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    brought = bring(tmp_path, pipeline, data.data, names, plain=True)
    fresh = brought.fresh.to_numpy()
    answers = brought.ask()
    assert brought.made.task.classes == brought.made.task.labels == ("barbera", "barolo", "grignolino")
    assert brought.made.task.names == tuple(data.data.columns)
    assert (answers["label"] == pipeline.predict(fresh)).all()
    np.testing.assert_allclose(answers["probabilities"], pipeline.predict_proba(fresh), atol=1e-5)


def test_column_transformer_with_one_hot_strings(tmp_path: Path) -> None:
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["age", "income"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ],
        remainder="passthrough",
    )
    rows, target = customers()
    brought = bring(tmp_path, make_pipeline(columns, LogisticRegression()), rows, target)
    task = brought.made.task
    assert [feature.datatype for feature in task.features] == ["FP32", "FP32", "BYTES", "FP32"]
    assert task.features[2].categories == ("Köln", "New York", "Ulm")
    assert not task.numeric
    elsewhere = brought.fresh.assign(city=np.where(brought.fresh["age"] > 40, "Atlantis", brought.fresh["city"]))
    for rows in (brought.fresh, elsewhere, brought.fresh.iloc[:1]):
        answers = brought.ask(rows)
        assert (answers["label"] == brought.pipeline.predict(rows)).all()
        np.testing.assert_allclose(answers["probabilities"], brought.pipeline.predict_proba(rows), atol=1e-5)


def test_svc_without_probabilities(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    brought = bring(tmp_path, make_pipeline(StandardScaler(), SVC()), data.data, data.target)
    answers = brought.ask()
    assert list(answers) == ["label"]
    assert (answers["label"] == brought.pipeline.predict(brought.fresh)).all()
    assert (brought.made.task.classes, brought.made.task.labels) == ((0, 1, 2), ("0", "1", "2"))
    assert "brier" not in brought.made.card["metrics"]["rows_given"]


def test_missing_numbers_and_missing_strings(tmp_path: Path) -> None:
    rows, target = customers()
    rng = np.random.default_rng(1)
    for name in ("income", "city"):
        rows[name] = rows[name].mask(rng.random(len(rows)) < 0.2)
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "income"]),
            ("words", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["city"]),
        ]
    )
    brought = bring(tmp_path, make_pipeline(columns, LogisticRegression()), rows[["age", "income", "city"]], target)
    assert [feature.optional for feature in brought.made.task.features] == [False, True, True]
    assert brought.fresh.isna().any().tolist() == [False, True, True]
    assert brought.made.task.example.keys() == {"age", "income", "city"}
    answers = brought.ask()
    assert (answers["label"] == brought.pipeline.predict(brought.fresh)).all()
    np.testing.assert_allclose(answers["probabilities"], brought.pipeline.predict_proba(brought.fresh), atol=1e-5)


def test_a_column_transformer_of_numbers_alone_takes_one_tensor(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    columns = ColumnTransformer([("some", StandardScaler(), ["ash", "alcohol"]), ("other", "passthrough", ["hue"])])
    rows = data.data[["hue", "alcohol", "ash"]].rename(columns={"hue": "label"})
    columns.transformers[1] = ("other", "passthrough", ["label"])
    brought = bring(tmp_path, make_pipeline(columns, LogisticRegression()), rows, data.target)
    assert brought.made.task.numeric
    assert (brought.ask()["label"] == brought.pipeline.predict(brought.fresh)).all()


def test_double_precision_where_single_does_not_suffice(tmp_path: Path) -> None:
    # Thousandths of a million: single precision sees sixteenths.
    rows = pd.DataFrame({"place": 1e6 + np.arange(300) * 1e-3})
    target = pd.Series(np.arange(300) * 10.0)
    brought = bring(tmp_path, make_pipeline(StandardScaler(), LinearRegression()), rows, target)
    assert brought.made.task.features[0].datatype == "FP64"
    assert brought.made.card["verification"]["datatype"] == "FP64"
    expected = brought.pipeline.predict(brought.fresh)
    np.testing.assert_allclose(brought.ask()["prediction"].ravel(), expected, rtol=1e-5, atol=1e-4)


def test_a_forest_whose_thresholds_lie_on_scaled_values(tmp_path: Path) -> None:
    # A tree that saw the ages 49 and 51 splits at 50: rounding decides where a row of 50 goes.
    columns = ColumnTransformer([("scaled", StandardScaler(), ["age", "income"])], remainder="passthrough")
    rows, target = customers()
    rows = rows[["age", "income", "member"]]
    brought = bring(tmp_path, make_pipeline(columns, RandomForestClassifier(20, random_state=0)), rows, target)
    np.testing.assert_allclose(brought.ask()["probabilities"], brought.pipeline.predict_proba(brought.fresh), atol=1e-5)


def test_a_forest_behind_imputed_and_scaled_numbers_beside_strings(tmp_path: Path) -> None:
    rows, target = customers()
    rows = rows.assign(age=rows["age"].where(rows.index % 7 > 0))
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
            ("strings", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ]
    )
    brought = bring(tmp_path, make_pipeline(columns, RandomForestClassifier(20, random_state=0)), rows, target)
    assert brought.made.task.features[0].optional
    np.testing.assert_allclose(brought.ask()["probabilities"], brought.pipeline.predict_proba(brought.fresh), atol=1e-5)


def test_linear_svc_of_two_classes_at_the_end_of_a_pipeline(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    brought = bring(tmp_path, make_pipeline(StandardScaler(), LinearSVC()), data.data, data.target == 0)
    assert (brought.made.task.classes, brought.made.task.labels) == ((0, 1), ("False", "True"))
    assert (brought.ask()["label"] == brought.pipeline.predict(brought.fresh)).all()


def test_a_pipeline_of_another_version_is_noted_in_the_card(tmp_path: Path) -> None:
    class Older(LogisticRegression):  # type: ignore[misc]  # pickles as its parent, with a version of long ago
        def __getstate__(self) -> dict[str, Any]:
            return dict(self.__dict__) | {"_sklearn_version": "1.2.0"}

        def __reduce__(self) -> Any:
            return (LogisticRegression, (), self.__getstate__())

    data = load_wine(as_frame=True)
    brought = bring(tmp_path, make_pipeline(StandardScaler(), Older()), data.data, data.target)
    assert any("fitted with scikit-learn 1.2.0" in limit for limit in brought.made.card["limits"])
