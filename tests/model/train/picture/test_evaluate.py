import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from model.train.picture import evaluate
from model.train.picture.evaluate import (
    PIXELS,
    Predictions,
    flagged,
    milliseconds,
    ood_threshold,
    photographs,
    picture_figures,
    predictor,
    share,
)


def graph() -> bytes:
    """Return a graph whose probabilities are the first row, and whose strangeness is the mean."""
    nodes = [
        helper.make_node("Split", ["input"], ["first", "others"], axis=1, num_outputs=2),
        helper.make_node("Flatten", ["first"], ["probabilities"]),
        helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("ReduceMean", ["flat", "axes"], ["strangeness"], keepdims=0),
    ]
    made = helper.make_graph(
        nodes,
        "rows",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, 2, 3])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 3]),
            helper.make_tensor_value_info("strangeness", TensorProto.FLOAT, [None]),
        ],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [1])],
    )
    content: bytes = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10
    ).SerializeToString()
    onnx.checker.check_model(content)
    return content


def test_batches_of_predictions_are_concatenated() -> None:
    pictures = np.random.default_rng(0).random((PIXELS // 6 + 5, 2, 3))
    predictions = predictor(graph())(pictures)
    assert np.array_equal(predictions.labels, pictures[:, 0].argmax(axis=1))
    assert np.allclose(predictions.probabilities, pictures[:, 0])
    assert np.allclose(predictions.ood_scores, pictures.mean(axis=(1, 2)))


def test_figures_include_the_recall_of_each_class() -> None:
    probabilities = np.eye(3)[[0, 1, 1, 2]] * 0.9 + 0.1 / 3
    predictions = Predictions(np.array([0, 1, 1, 2]), probabilities, np.zeros(4))
    figures = picture_figures(np.array([0, 0, 1, 2]), predictions, ("no tumour", "b", "c"))
    assert figures["accuracy"] == 0.75
    assert figures["confusion_matrix"]["counts"] == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert (figures["recall_no_tumour"], figures["recall_b"], figures["recall_c"]) == (0.5, 1.0, 1.0)


def test_share_of_an_empty_array_is_none() -> None:
    assert share(np.array([True, False, False])) == pytest.approx(0.3333)
    assert share(np.array([])) is None


def test_scores_above_the_threshold_are_flagged() -> None:
    ood_scores = np.arange(201) / 200
    assert ood_threshold(ood_scores, 0.99) == 0.99
    assert flagged(ood_scores, 0.99) == {"pictures": 201, "flagged": pytest.approx(0.01, abs=1e-4)}


def test_milliseconds_is_the_median_time_of_100_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 5.0
    durations = iter([0.5, 0.001, 0.002, 0.00125, 0.0015] * 20)

    def call() -> None:
        nonlocal clock
        clock += next(durations)

    monkeypatch.setattr(evaluate, "perf_counter", lambda: clock)
    assert milliseconds(call) == 1.5
    assert next(durations, None) is None


def test_photographs_are_reproducible_and_differ_from_each_other() -> None:
    first, second = (photographs(np.random.default_rng(0), 6, 40) for _ in range(2))
    assert {picture.shape for picture in first} == {(40, 40)}
    assert all(np.array_equal(*both) for both in zip(first, second, strict=True))
    assert len({picture.tobytes() for picture in first}) == 6
