"""A model whose scaler was saved apart is refused or warned of, and an honest one is not."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, QuantileRegressor, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from model.__main__ import main
from model.bring import misfit
from model.bundle import BundleError

TABLES = {
    "iris": load_iris(as_frame=True),
    "wine": load_wine(as_frame=True),
    "cancer": load_breast_cancer(as_frame=True),
    "diabetes": load_diabetes(as_frame=True, scaled=False),
}
SCALERS = (StandardScaler, MinMaxScaler, RobustScaler)
CLASSIFIERS: list[Callable[[], Any]] = [
    lambda: DecisionTreeClassifier(random_state=0),
    lambda: RandomForestClassifier(20, random_state=0),
    lambda: GradientBoostingClassifier(n_estimators=10, random_state=0),
    lambda: HistGradientBoostingClassifier(max_iter=10),
    SVC,
    KNeighborsClassifier,
    GaussianNB,
    LinearDiscriminantAnalysis,
    lambda: VotingClassifier([("tree", DecisionTreeClassifier(random_state=0)), ("nb", GaussianNB())]),
    lambda: GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [4, 8]}, cv=2),
    lambda: LogisticRegression(max_iter=10_000),
    lambda: VotingClassifier([("line", LogisticRegression(max_iter=10_000)), ("svc", SVC())], voting="hard"),
]
REGRESSORS: list[Callable[[], Any]] = [
    lambda: DecisionTreeRegressor(random_state=0),
    lambda: BaggingRegressor(n_estimators=5, random_state=0),
    SVR,
    KNeighborsRegressor,
    Ridge,
]
LINEAR = (LogisticRegression, Ridge)  # they remember nothing of the rows but their coefficients
CASES = [
    *((name, make) for name in ("iris", "wine", "cancer") for make in CLASSIFIERS),
    *(("diabetes", make) for make in REGRESSORS),
]


def scaled(rows: pd.DataFrame, scaler: Any) -> pd.DataFrame:
    return pd.DataFrame(scaler.fit_transform(rows), columns=rows.columns)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("name", "make"), CASES)
def test_an_honest_model_is_not_suspected(name: str, make: Callable[[], Any]) -> None:
    table = TABLES[name]
    for rows in (table.data, *(scaled(table.data, scaler()) for scaler in SCALERS)):
        model = make().fit(rows, table.target)
        for sample in (rows, rows.sample(30, random_state=0), rows.sample(10, random_state=1)):
            assert misfit.compare(model, sample) == misfit.doubt(model, sample) == []
            truth = table.target[sample.index]
            if not isinstance(model, SVR):  # unscaled, it is no better than the mean
                assert misfit.judge(model, model.predict(sample), truth.to_numpy()) == []
        misfit.compare(model, rows.head(40))  # rows of one class: a warning is right, a refusal is not


@pytest.mark.filterwarnings("ignore:.*feature names:UserWarning")
@pytest.mark.parametrize(("name", "make"), [case for case in CASES if case[0] in ("cancer", "diabetes")])
def test_a_model_without_its_scaler_is_refused_or_warned_of(name: str, make: Callable[[], Any]) -> None:
    table = TABLES[name]
    for scaler in SCALERS:
        model = make().fit(scaled(table.data, scaler()), table.target)
        if isinstance(model, LINEAR):
            assert misfit.judge(model, model.predict(table.data), table.target.to_numpy())
            continue
        with pytest.raises(BundleError, match=r"make_pipeline\(scaler, model\)") as refused:
            misfit.compare(model, table.data)
        assert len(f"error: {refused.value}") <= 300


def test_scaled_rows_for_a_model_of_raw_ones_are_refused_with_other_advice() -> None:
    diabetes = TABLES["diabetes"]
    model = DecisionTreeRegressor(random_state=0).fit(diabetes.data, diabetes.target)
    with pytest.raises(BundleError, match="as they were before they were scaled"):
        misfit.compare(model, scaled(diabetes.data, StandardScaler()))


def test_rows_in_other_units_than_those_of_a_pipeline_are_refused_without_talk_of_a_scaler() -> None:
    diabetes = TABLES["diabetes"]
    pipeline = make_pipeline(StandardScaler(), Ridge()).fit(diabetes.data, diabetes.target)
    assert misfit.compare(pipeline, diabetes.data) == []
    with pytest.raises(BundleError, match="in the units that it was fitted on"):
        misfit.compare(pipeline, diabetes.data * 1000)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_neural_network_worse_than_the_mean_is_warned_of() -> None:
    diabetes = TABLES["diabetes"]
    rows = scaled(diabetes.data, StandardScaler())
    model = MLPRegressor(solver="lbfgs", hidden_layer_sizes=(5,), max_iter=2000, random_state=0)
    model.fit(rows.to_numpy(), diabetes.target)
    truth = diabetes.target.to_numpy()
    assert misfit.judge(model, model.predict(rows.to_numpy()), truth) == []
    (warning,) = misfit.judge(model, model.predict(diabetes.data.to_numpy()), truth)
    assert "R²" in warning
    assert "make_pipeline(scaler, model)" in warning


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(StandardScaler(), QuantileRegressor(quantile=0.95)),
        GradientBoostingRegressor(loss="quantile", alpha=0.95, n_estimators=10),
        HistGradientBoostingRegressor(loss="quantile", quantile=0.95, max_iter=10),
    ],
)
def test_a_model_of_a_quantile_is_not_measured_by_the_mean(model: Any) -> None:
    diabetes = TABLES["diabetes"]
    predicted = model.fit(diabetes.data, diabetes.target).predict(diabetes.data)
    assert misfit.judge(model, predicted, diabetes.target.to_numpy()) == []
    assert misfit.judge(Ridge(), predicted, diabetes.target.to_numpy())  # its R² would be below 0


def test_the_same_prediction_for_all_rows_is_warned_of_only_if_nothing_else_is_known() -> None:
    model = LogisticRegression().fit([[0.0], [1.0]] * 5, [0, 1] * 5)
    same = np.zeros(20)
    (warning,) = misfit.judge(model, same, None)
    assert "the same for all 20 rows" in warning
    assert misfit.judge(model, same, same) == []  # a sample of one class
    assert misfit.judge(model, np.arange(20) % 2, None) == []


@pytest.mark.parametrize("model", [LogisticRegression(), MLPClassifier((10,), max_iter=1000, random_state=0)])
@pytest.mark.parametrize("name", ["wine", "cancer"])
def test_a_model_that_is_certain_of_every_row_is_warned_of_without_a_target(model: Any, name: str) -> None:
    table = TABLES[name]
    model.fit(StandardScaler().fit_transform(table.data), table.target)
    (warning,) = misfit.doubt(model, table.data)
    assert "make_pipeline(scaler, model)" in warning
    assert misfit.doubt(model, scaled(table.data, StandardScaler())) == []


def test_models_that_neither_classify_nor_regress_are_not_judged() -> None:
    wine = TABLES["wine"]
    model = KMeans(3, n_init=1, random_state=0).fit(wine.data)
    assert misfit.judge(model, model.predict(wine.data), wine.target.to_numpy()) == []


def test_columns_of_strings_gaps_and_constants_are_passed_over() -> None:
    rows = pd.DataFrame({"a": [0.0, math.nan, 2.0] * 10, "b": [1.0] * 30})
    model = DecisionTreeClassifier().fit(rows, [0, 1, 1] * 10)
    assert misfit.compare(model, rows.assign(b="x")) == []


@pytest.mark.slow
def test_the_warning_stands_first_in_the_card_and_at_the_end_of_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    diabetes = TABLES["diabetes"]
    model = LinearRegression().fit(scaled(diabetes.data, StandardScaler()), diabetes.target)
    joblib.dump(model, tmp_path / "m.pkl")
    diabetes.frame.to_csv(tmp_path / "rows.csv", index=False)
    command = ["bundle", str(tmp_path / "m.pkl"), "--name", "mine", "--data", str(tmp_path / "rows.csv")]
    assert main([*command, "--target", "target", "--output", str(tmp_path / "mine")]) == 0
    printed = capsys.readouterr().out
    assert printed.index("Warning: its R²") < printed.rindex("Warning: its R²") < printed.index("Wrote")
