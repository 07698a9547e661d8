"""How fast a bundle predicts is measured by asking it."""

from pathlib import Path

from model.bring import speed
from model.bundle import load
from tests.served import ROOT
from tests.server import pipelines
from tests.server.pipelines import SquareRoot


def test_onnxruntime_is_asked_about_a_graph() -> None:
    measured = speed.measure(load(ROOT / "model" / "bundles" / "breast_model"))
    assert measured.backend == "onnxruntime"
    assert measured.rows_per_second > measured.requests_per_second > 1
    assert measured.summary().startswith("On this machine onnxruntime predicts ")


def test_scikit_learn_is_asked_about_a_pipeline(tmp_path: Path) -> None:
    made = pipelines.root(tmp_path / "root")
    SquareRoot.go_on.set()
    SquareRoot.calls.clear()
    assert speed.measure(made).backend == "scikit-learn"
    assert {len(call) for call in SquareRoot.calls} == {1, speed.BATCH}
