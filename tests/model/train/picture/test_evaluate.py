import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from model.train.picture.evaluate import PIXELS, Answers, asker, bound, figures, milliseconds, share, warned


def graph() -> bytes:
    """Label: where in the first row the most light is; probabilities: that row; strangeness: the picture's mean."""
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


def test_a_graph_is_asked_in_batches_and_its_answers_are_put_together() -> None:
    pictures = np.random.default_rng(0).random((PIXELS // 6 + 5, 2, 3))
    answers = asker(graph())(pictures)
    assert np.array_equal(answers.labels, pictures[:, 0].argmax(axis=1))
    assert np.allclose(answers.probabilities, pictures[:, 0])
    assert np.allclose(answers.strangeness, pictures.mean(axis=(1, 2)))


def test_the_figures_have_the_recall_of_each_class() -> None:
    probabilities = np.eye(3)[[0, 1, 1, 2]] * 0.9 + 0.1 / 3
    answers = Answers(np.array([0, 1, 1, 2]), probabilities, np.zeros(4))
    made = figures(np.array([0, 0, 1, 2]), answers, ("no tumour", "b", "c"))
    assert made["accuracy"] == 0.75
    assert made["confusion_matrix"]["counts"] == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert (made["recall_no_tumour"], made["recall_b"], made["recall_c"]) == (0.5, 1.0, 1.0)


def test_a_share_of_nothing_is_none() -> None:
    assert share(np.array([True, False, False])) == pytest.approx(0.3333)
    assert share(np.array([])) is None


def test_what_is_above_the_bound_is_warned_of() -> None:
    strangeness = np.arange(201) / 200
    assert bound(strangeness, 0.99) == 0.99
    assert warned(strangeness, 0.99) == {"pictures": 201, "warned": pytest.approx(0.01, abs=1e-4)}


def test_the_time_is_that_of_one_call_in_milliseconds() -> None:
    calls: list[int] = []
    assert 0 <= milliseconds(lambda: calls.append(1)) < 100
    assert len(calls) == 100
