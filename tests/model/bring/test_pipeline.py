"""Pipelines of many kinds are fitted, bundled by the command, and tried on rows that neither has seen."""

from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
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
from model.__main__ import main
from model.bring.check import tensor
from model.bundle import Bundle

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Bundled:
    pipeline: Any
    made: Bundle
    fresh: pd.DataFrame  # rows that neither the fit nor the bundling saw
    output: str

    def predict(self, rows: pd.DataFrame | None = None) -> dict[str, NDArray[Any]]:
        """Return the outputs of the ONNX graph by name."""
        session = onnxruntime.InferenceSession(self.made.onnx, providers=["CPUExecutionProvider"])
        rows = self.fresh if rows is None else rows
        columns = {feature.name: tensor(rows[feature.name], feature) for feature in self.made.task.features}
        feed = {"input": np.hstack(list(columns.values()))} if self.made.task.numeric else columns
        return dict(zip([output.name for output in session.get_outputs()], session.run(None, feed), strict=True))


def bundled_from(
    folder: Path, pipeline: Any, rows: pd.DataFrame, target: "pd.Series[Any]", *, plain: bool = False
) -> Bundled:
    """Fit on two thirds of the rows, bundle by the command, and keep the rest as fresh rows."""
    fresh = np.arange(len(rows)) % 3 == 0
    train = rows[~fresh]
    pipeline.fit(train.to_numpy() if plain else train, target[~fresh])
    joblib.dump(pipeline, folder / "pipeline.joblib")
    train.assign(truth=target[~fresh]).to_csv(folder / "rows.csv", index=False)
    words = ["bundle", str(folder / "pipeline.joblib"), "--name", "mine", "--data", str(folder / "rows.csv")]
    words += ["--target", "truth", "--output", str(folder / "mine"), "--title", "My model", "--version", "2.1"]
    output, errors = StringIO(), StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        code = main(words)
    assert (code, errors.getvalue()) == (0, "")
    return Bundled(pipeline, bundle.load(folder / "mine"), rows[fresh].copy(), output.getvalue())


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
    bundled = bundled_from(tmp_path, GradientBoostingRegressor(random_state=0), data.data, data.target)
    outputs = bundled.predict()
    assert bundled.made.task.kind == "regression"
    assert list(outputs) == ["prediction"]
    expected = bundled.pipeline.predict(bundled.fresh)
    np.testing.assert_allclose(outputs["prediction"].ravel(), expected, rtol=1e-5)
    assert bundled.made.card["metrics"]["rows_given"]["r2"] > 0.5
    assert len(bundled.made.statistics["target"]["deciles"]) == 9
    assert (bundled.made.task.title, bundled.made.task.version) == ("My model", "2.1")
    assert "Root mean squared error" in bundled.output


def test_knn_on_plain_arrays_with_classes_of_text(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    names = data.target.map({0: "barolo", 1: "grignolino", 2: "barbera"})
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    bundled = bundled_from(tmp_path, pipeline, data.data, names, plain=True)
    fresh = bundled.fresh.to_numpy()
    outputs = bundled.predict()
    assert bundled.made.task.classes == bundled.made.task.labels == ("barbera", "barolo", "grignolino")
    assert bundled.made.task.names == tuple(data.data.columns)
    assert (outputs["label"] == pipeline.predict(fresh)).all()
    np.testing.assert_allclose(outputs["probabilities"], pipeline.predict_proba(fresh), atol=1e-5)


def test_column_transformer_with_one_hot_strings(tmp_path: Path) -> None:
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["age", "income"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ],
        remainder="passthrough",
    )
    rows, target = customers()
    bundled = bundled_from(tmp_path, make_pipeline(columns, LogisticRegression()), rows, target)
    task = bundled.made.task
    assert [feature.datatype for feature in task.features] == ["FP32", "FP32", "BYTES", "FP32"]
    assert task.features[2].categories == ("Köln", "New York", "Ulm")
    assert not task.numeric
    elsewhere = bundled.fresh.assign(city=np.where(bundled.fresh["age"] > 40, "Atlantis", bundled.fresh["city"]))
    for rows in (bundled.fresh, elsewhere, bundled.fresh.iloc[:1]):
        outputs = bundled.predict(rows)
        assert (outputs["label"] == bundled.pipeline.predict(rows)).all()
        np.testing.assert_allclose(outputs["probabilities"], bundled.pipeline.predict_proba(rows), atol=1e-5)


def test_svc_without_probabilities(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    bundled = bundled_from(tmp_path, make_pipeline(StandardScaler(), SVC()), data.data, data.target)
    outputs = bundled.predict()
    assert list(outputs) == ["label"]
    assert (outputs["label"] == bundled.pipeline.predict(bundled.fresh)).all()
    assert (bundled.made.task.classes, bundled.made.task.labels) == ((0, 1, 2), ("0", "1", "2"))
    assert "brier" not in bundled.made.card["metrics"]["rows_given"]


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
    bundled = bundled_from(
        tmp_path, make_pipeline(columns, LogisticRegression()), rows[["age", "income", "city"]], target
    )
    # No age is missing in the sample, but the pipeline would impute it.
    assert [feature.optional for feature in bundled.made.task.features] == [True, True, True]
    bundled.fresh.loc[bundled.fresh.index[::4], "age"] = np.nan
    assert bundled.fresh.isna().any().tolist() == [True, True, True]
    assert bundled.made.task.example.keys() == {"age", "income", "city"}
    outputs = bundled.predict()
    assert (outputs["label"] == bundled.pipeline.predict(bundled.fresh)).all()
    np.testing.assert_allclose(outputs["probabilities"], bundled.pipeline.predict_proba(bundled.fresh), atol=1e-5)


def test_a_column_transformer_of_numbers_takes_one_tensor(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    columns = ColumnTransformer([("some", StandardScaler(), ["ash", "alcohol"]), ("other", "passthrough", ["hue"])])
    rows = data.data[["hue", "alcohol", "ash"]].rename(columns={"hue": "label"})
    columns.transformers[1] = ("other", "passthrough", ["label"])
    bundled = bundled_from(tmp_path, make_pipeline(columns, LogisticRegression()), rows, data.target)
    assert bundled.made.task.numeric
    assert (bundled.predict()["label"] == bundled.pipeline.predict(bundled.fresh)).all()


def test_double_precision_is_used_if_single_is_not_enough(tmp_path: Path) -> None:
    # Thousandths near a million: the steps of single precision are a sixteenth.
    rows = pd.DataFrame({"place": 1e6 + np.arange(300) * 1e-3})
    target = pd.Series(np.arange(300) * 10.0)
    bundled = bundled_from(tmp_path, make_pipeline(StandardScaler(), LinearRegression()), rows, target)
    assert bundled.made.task.features[0].datatype == "FP64"
    assert bundled.made.card["verification"]["datatype"] == "FP64"
    expected = bundled.pipeline.predict(bundled.fresh)
    np.testing.assert_allclose(bundled.predict()["prediction"].ravel(), expected, rtol=1e-5, atol=1e-4)


def test_a_forest_with_thresholds_on_scaled_values(tmp_path: Path) -> None:
    # A tree that saw the ages 49 and 51 splits at 50: rounding decides where a row of 50 goes.
    columns = ColumnTransformer([("scaled", StandardScaler(), ["age", "income"])], remainder="passthrough")
    rows, target = customers()
    rows = rows[["age", "income", "member"]]
    bundled = bundled_from(tmp_path, make_pipeline(columns, RandomForestClassifier(20, random_state=0)), rows, target)
    np.testing.assert_allclose(
        bundled.predict()["probabilities"], bundled.pipeline.predict_proba(bundled.fresh), atol=1e-5
    )


def test_a_forest_after_imputed_and_scaled_numbers_and_strings(tmp_path: Path) -> None:
    rows, target = customers()
    rows = rows.assign(age=rows["age"].where(rows.index % 7 > 0))
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
            ("strings", OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ]
    )
    bundled = bundled_from(tmp_path, make_pipeline(columns, RandomForestClassifier(20, random_state=0)), rows, target)
    assert bundled.made.task.features[0].optional
    np.testing.assert_allclose(
        bundled.predict()["probabilities"], bundled.pipeline.predict_proba(bundled.fresh), atol=1e-5
    )


def test_linear_svc_of_two_classes_at_the_end_of_a_pipeline(tmp_path: Path) -> None:
    data = load_wine(as_frame=True)
    bundled = bundled_from(tmp_path, make_pipeline(StandardScaler(), LinearSVC()), data.data, data.target == 0)
    assert (bundled.made.task.classes, bundled.made.task.labels) == ((0, 1), ("False", "True"))
    assert (bundled.predict()["label"] == bundled.pipeline.predict(bundled.fresh)).all()


def test_another_version_of_scikit_learn_is_noted_in_the_card(tmp_path: Path) -> None:
    class Older(LogisticRegression):  # type: ignore[misc]  # pickles as its parent, with a version of long ago
        def __getstate__(self) -> dict[str, Any]:
            return dict(self.__dict__) | {"_sklearn_version": "1.2.0"}

        def __reduce__(self) -> Any:
            return (LogisticRegression, (), self.__getstate__())

    data = load_wine(as_frame=True)
    bundled = bundled_from(tmp_path, make_pipeline(StandardScaler(), Older()), data.data, data.target)
    assert any("fitted with scikit-learn 1.2.0" in limit for limit in bundled.made.card["limits"])
