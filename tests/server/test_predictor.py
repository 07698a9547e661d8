import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.bundle import BundleError
from model.task import Feature
from server.predictor import Predictor
from tests.server import bundles


def test_it_is_ready_only_after_a_prediction(tmp_path: Path) -> None:
    predictor = Predictor("sign", bundles.sign(tmp_path / "sign"))
    before = predictor.ready
    predictor.load()
    assert (before, predictor.ready) == (False, True)
    assert predictor.warm_up_seconds > 0


def test_answers_are_the_graphs(sign: Predictor) -> None:
    answers = sign.predict({"input": np.array([[1, 1], [-3, 1]], np.float32)})
    assert answers.predictions.tolist() == [1, 0]
    assert answers.probabilities is not None
    assert answers.probabilities[:, 1] == pytest.approx([bundles.logistic(2), bundles.logistic(-2)])


def test_an_answer_does_not_depend_on_its_batch_mates(sign: Predictor) -> None:
    rows = np.random.default_rng(1).normal(size=(64, 2)).astype(np.float32)
    together = sign.predict({"input": rows}).probabilities
    alone = [sign.predict({"input": rows[index : index + 1]}).probabilities for index in range(64)]
    assert together is not None
    assert np.array_equal(together, np.concatenate(alone))  # type: ignore[arg-type]


def test_a_graph_that_does_not_fit_its_task_is_refused(tmp_path: Path) -> None:
    bundle = bundles.sign(tmp_path / "sign")
    features = (*bundle.task.features, Feature("z", "FP32"))
    task = replace(bundle.task, features=features, example={"x": 1, "y": 1, "z": 1})
    predictor = Predictor("sign", replace(bundle, task=task))
    with pytest.raises(BundleError, match="its task describes"):
        predictor.load()
    assert not predictor.ready


def test_serving_imports_no_training_library() -> None:
    program = (
        "import sys, server.start;"
        "print([name for name in ('sklearn', 'joblib', 'scipy', 'skl2onnx', 'onnx', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
