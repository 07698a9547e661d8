import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.bundle import BundleError, load
from model.task import Feature
from server import metrics, openapi
from server.predictor import ROWS_PER_RUN, Predictor, all_finite
from tests.served import ROOT
from tests.server import bundles
from tests.server.refusal import refusal


def test_a_predictor_is_ready_only_after_a_prediction(tmp_path: Path) -> None:
    predictor = Predictor("sign", bundles.sign(tmp_path / "sign"))
    before = predictor.ready
    predictor.load()
    assert (before, predictor.ready) == (False, True)
    assert predictor.warm_up_seconds > 0


def test_the_warm_up_is_not_counted(sign: Predictor) -> None:
    sign.load()
    label = sign.task.labels[0]

    def counted() -> float | None:
        return metrics.REGISTRY.get_sample_value("mlserving_predictions_total", {"model": sign.name, "label": label})

    assert counted() == 0
    sign.predict({"input": np.array([[-3, 1]], np.float32)})
    assert counted() == 1


def test_the_output_is_that_of_the_graph(sign: Predictor) -> None:
    output = sign.predict({"input": np.array([[1, 1], [-3, 1]], np.float32)})
    assert output.predictions.tolist() == [1, 0]
    assert output.probabilities is not None
    assert output.probabilities[:, 1] == pytest.approx([bundles.logistic(2), bundles.logistic(-2)])


def test_a_prediction_does_not_depend_on_the_rest_of_its_batch(sign: Predictor) -> None:
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


def test_a_graph_that_does_not_open_is_refused(tmp_path: Path) -> None:
    predictor = Predictor("sign", replace(bundles.sign(tmp_path / "sign"), onnx=b"not a graph"))
    with pytest.raises(BundleError, match="cannot be opened"):
        predictor.load()


def test_a_batch_of_several_runs_is_predicted_in_order(sign: Predictor) -> None:
    rows = np.random.default_rng(2).normal(size=(2 * ROWS_PER_RUN + 1, 2)).astype(np.float32)
    output = sign.predict({"input": rows})
    assert output.predictions.tolist() == (rows.sum(axis=1) > 0).astype(int).tolist()
    assert output.probabilities is not None
    assert output.probabilities.shape == (2 * ROWS_PER_RUN + 1, 2)


def test_the_largest_batch_needs_little_memory() -> None:
    program = (
        "import resource, numpy, server.predictor as p, model.bundle as b\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "breast = p.Predictor('breast_model', b.load('model/bundles/breast_model'))\n"
        "breast.load()\n"
        "rows, before = numpy.ones((75_000, 6), numpy.float32), peak()\n"
        "breast.predict({'input': rows})\n"
        "print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(done.stdout) < 64  # MiB; a single run of the graph takes over 300


def test_values_that_overflow_the_graph_are_refused_with_their_row() -> None:
    breast = Predictor("breast_model", load(ROOT / "model" / "bundles" / "breast_model"))
    breast.load()
    rows = np.ones((3, 6), np.float32)
    rows[1] = 1e30
    error = refusal(breast.predict, {"input": rows})
    assert error.reason == "value_range"
    assert error.sentence.startswith("Row 1: ")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_is_found(value: float) -> None:
    array = np.full((300, 3), 257.0, np.float32)
    assert all_finite(array)
    array[299, 1] = value
    assert not all_finite(array)


def test_an_example_without_an_optional_field_still_warms_up(tmp_path: Path) -> None:
    bundle = bundles.gap(tmp_path / "gap")
    predictor = Predictor("gap", replace(bundle, task=replace(bundle.task, example={})))
    predictor.load()
    document = openapi.document([predictor])
    assert document["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["example"] == {
        "prediction": -1.0
    }


def test_serving_imports_no_training_library() -> None:
    program = (
        "import sys, server.start;"
        "print([name for name in ('sklearn', 'joblib', 'scipy', 'skl2onnx', 'onnx', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
