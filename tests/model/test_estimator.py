from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from model import estimator

X, Y = load_wine(return_X_y=True)
BETWEEN = np.random.default_rng(0).uniform(X.min(axis=0), X.max(axis=0), (500, X.shape[1]))

CLASSIFIERS: list[Callable[[], Any]] = [
    lambda: BaggingClassifier(DecisionTreeClassifier(max_depth=2), 5, random_state=0),
    lambda: DecisionTreeClassifier(max_depth=2),
    lambda: GradientBoostingClassifier(n_estimators=3),
    lambda: HistGradientBoostingClassifier(max_iter=3),
    lambda: RandomForestClassifier(4, random_state=0),  # of four trees, many vote two to two
    GaussianNB,
    lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    lambda: make_pipeline(StandardScaler(), make_pipeline("passthrough", LogisticRegression())),
    lambda: GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1]}),
    lambda: make_pipeline(StandardScaler(), VotingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())])),
]


@pytest.mark.parametrize("untrained", CLASSIFIERS)
@pytest.mark.parametrize("classes", [2, 3])
def test_predictions_are_those_of_the_estimators_own_methods(untrained: Callable[[], Any], classes: int) -> None:
    some = classes > Y
    fitted = untrained().fit(X[some], np.array(["c", "a", "b"])[Y[some]])
    said = estimator.predict(fitted, BETWEEN)
    assert said.predicted.tolist() == fitted.predict(BETWEEN).tolist()
    assert said.scores is None
    if said.probabilities is None:
        assert not hasattr(fitted, "predict_proba")
    else:
        assert np.array_equal(said.probabilities, fitted.predict_proba(BETWEEN))


def test_a_tie_is_broken_as_the_estimator_breaks_it() -> None:
    """It says that -1e-17 is positive or not; both probabilities are 0.5."""
    fitted = LogisticRegression().fit([[-1.0], [1.0]], ["no", "yes"])
    fitted.intercept_[:] = 0
    rows = np.array([[1e-17], [-1e-17], [0.0]])
    assert estimator.predict(fitted, rows).predicted.tolist() == fitted.predict(rows).tolist() == ["yes", "no", "no"]


def test_a_regression_and_a_detector_of_outliers_are_asked_for_what_they_have() -> None:
    several = make_pipeline(StandardScaler(), Ridge()).fit(X, X[:, :2])
    assert estimator.predict(several, BETWEEN, numbers_only=True).predicted == pytest.approx(several.predict(BETWEEN))
    detector = IsolationForest(n_estimators=5, random_state=0).fit(X)
    said = estimator.predict(detector, BETWEEN)
    assert said.predicted.tolist() == detector.predict(BETWEEN).tolist()
    assert said.scores is not None
    assert np.array_equal(said.scores, detector.score_samples(BETWEEN))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_are_transformed_once() -> None:
    calls = []

    def count(rows: Any) -> Any:
        calls.append(len(rows))
        return rows

    fitted = make_pipeline(FunctionTransformer(count), LogisticRegression(max_iter=5000)).fit(X, Y)
    calls.clear()
    estimator.predict(fitted, BETWEEN)
    assert calls == [500]


def test_a_calmed_estimator_prints_nothing_and_uses_one_thread(capfd: pytest.CaptureFixture[str]) -> None:
    forest = RandomForestClassifier(5, n_jobs=2, verbose=1, random_state=0)
    columns = ColumnTransformer([("all", StandardScaler(), list(range(13)))], n_jobs=2, verbose=True)
    pipeline = Pipeline([("columns", columns), ("forest", VotingClassifier([("forest", forest)], voting="soft"))])
    pipeline.fit(X, Y)
    expected = pipeline.predict_proba(BETWEEN)
    capfd.readouterr()
    estimator.calm(pipeline)
    assert np.array_equal(pipeline.predict_proba(BETWEEN), expected)
    assert capfd.readouterr() == ("", "")
    assert pipeline[-1].estimators_[0].n_jobs is None


def test_calibration_does_not_hide_an_estimator_from_calming() -> None:
    calibrated = CalibratedClassifierCV(RandomForestClassifier(5, n_jobs=2, random_state=0), cv=2).fit(X, Y)
    estimator.calm(calibrated)
    assert [each.estimator.n_jobs for each in calibrated.calibrated_classifiers_] == [None, None]
