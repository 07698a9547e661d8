"""How fast a model predicts is measured while it is bundled: by what serves it, and by scikit-learn itself."""

from pathlib import Path
from time import sleep
from typing import Any, ClassVar

import joblib
import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_info, threadpool_limits

from model import show
from model.bring import pipeline, speed
from model.bring.request import BundleRequest
from model.bundle import Bundle, load
from server import info
from server.predictor import Predictor
from tests.served import ROOT
from tests.server import pipelines
from tests.server.pipelines import SquareRoot

ROWS = pd.DataFrame({"x": np.arange(60.0), "y": np.arange(60.0) % 7})


def bundled(folder: Path, model: Any) -> Bundle:
    joblib.dump(model, folder / "m.joblib")
    ROWS.to_csv(folder / "rows.csv", index=False)
    return pipeline.bundle(BundleRequest(folder / "m.joblib", folder / "rows.csv", "mine", folder / "mine"))


def breast() -> tuple[Bundle, pd.DataFrame]:
    made = load(ROOT / "model" / "bundles" / "breast_model")
    return made, pd.DataFrame([dict(made.task.example)] * 9)


class Slow(DummyClassifier):  # type: ignore[misc]
    """Takes 10 ms a row, and keeps the rows of each call and the threads that libraries may have in it."""

    calls: ClassVar[list[tuple[int, set[int]]]] = []

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        self.calls.append((len(X), _threads()))
        sleep(0.01 * len(X))
        return super().predict_proba(X)


def _threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


@pytest.mark.slow
def test_a_graph_has_the_figures_of_both_backends(tmp_path: Path) -> None:
    made = bundled(tmp_path, LogisticRegression().fit(ROWS, ROWS["x"] > 30))
    assert list(made.speed) == ["onnxruntime", "scikit-learn"]
    for rates in made.speed.values():
        assert rates.rows_per_second > rates.requests_per_second > 1
    onnx, own = made.speed.values()
    assert onnx.requests_per_second > own.requests_per_second
    predictor = Predictor("mine", made)
    predictor.load()
    assert info.describe(predictor, ["mine"])["speed"] == msgspec.to_builtins(made.speed)
    assert "; scikit-learn predicts " in " ".join(show.readable(made).split())


@pytest.mark.slow
def test_the_same_file_gives_the_same_digest(tmp_path: Path) -> None:
    model = LogisticRegression().fit(ROWS, ROWS["x"] > 30)
    first, second = bundled(tmp_path, model), bundled(tmp_path, model)
    while second.speed == first.speed:  # figures of three digits may be equal by chance
        second = bundled(tmp_path, model)
    assert second.digest == first.digest


@pytest.mark.slow
def test_what_onnx_cannot_express_has_the_figures_of_scikit_learn(tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(np.log1p), LinearRegression()).fit(ROWS, ROWS["x"])
    made = bundled(tmp_path, model)
    assert list(made.speed) == ["scikit-learn"]
    assert "On one core of the machine that bundled it, scikit-learn predicts " in show.speed(made)


def test_a_pipeline_is_asked_about_one_row_and_about_growing_batches(tmp_path: Path) -> None:
    made = pipelines.root(tmp_path / "root")
    assert made.skops is not None
    SquareRoot.go_on.set()
    SquareRoot.calls.clear()
    assert speed.measure(SquareRoot(), pd.DataFrame({"x": [4.0]}), made.task, made.skops).keys() == {"scikit-learn"}
    assert {len(call) for call in SquareRoot.calls} == {1, 10, 100, show.BATCH}


def test_measuring_leaves_the_forest_as_it_is() -> None:
    made, sample = breast()
    forest = RandomForestClassifier(5, n_jobs=2).fit(sample, np.arange(9) % 2)
    assert list(speed.measure(forest, sample, made.task, made.onnx)) == ["onnxruntime", "scikit-learn"]
    assert forest.n_jobs == 2


def test_a_slow_model_is_measured_on_one_thread_in_smaller_batches() -> None:
    made, sample = breast()
    slow = Slow().fit(sample, np.arange(9) % 2)
    Slow.calls.clear()
    with threadpool_limits(2):
        rates = speed.measure(slow, sample, made.task, made.onnx)["scikit-learn"]
        assert _threads() == {2}
    rows = [rows for rows, _ in Slow.calls]
    assert max(rows) == 100  # as 1,000 would take 10 s
    assert sum(rows) < 300
    assert set().union(*(threads for _, threads in Slow.calls)) == {1}
    assert 10 < rates.requests_per_second < 100
    assert 10 < rates.rows_per_second < 100


def test_a_backend_that_fails_has_no_figures() -> None:
    made, sample = breast()
    forest = RandomForestClassifier(5).fit(sample, np.arange(9) % 2)
    assert list(speed.measure(forest, sample, made.task, b"no graph")) == ["scikit-learn"]
    assert list(speed.measure(RandomForestClassifier(5), sample, made.task, made.onnx)) == ["onnxruntime"]


def test_a_bundle_without_figures_is_shown_and_described_without() -> None:
    made = load(ROOT / "model" / "bundles" / "media_cost")
    predictor = Predictor("media_cost", made)
    predictor.load()
    assert "speed" not in info.describe(predictor, [])
    assert show.speed(made) == ""
    assert "Served by onnxruntime in double precision.\n" in show.readable(made)
