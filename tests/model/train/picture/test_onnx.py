"""What is exported answers as the network did, and measures strangeness as its formula says."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from model.train.picture.strangeness import Yardstick, measure

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 20, 28), np.uint8)
TEMPERATURE = 1.7


@pytest.fixture(scope="module")
def network() -> Any:
    """Untrained, but its normalisation has seen some pictures."""
    from model.train.picture.fit import scaled, tensors
    from model.train.picture.network import untrained

    made = untrained((3, 5), classes=4, seed=1, dropout=0.3).train()
    for _ in range(5):
        made(scaled(tensors(PICTURES)))
    return made.eval()


@pytest.fixture(scope="module")
def yardstick() -> Yardstick:
    random = np.random.default_rng(2)
    return Yardstick(random.random((5, 5), np.float32), random.random((4, 5), np.float32))


def exported(network: Any, yardstick: Yardstick) -> bytes:
    from model.train.picture.onnx import export

    return export(network, (20, 28), TEMPERATURE, yardstick)


def test_the_graph_answers_as_the_network(network: Any, yardstick: Yardstick) -> None:
    from model.train.picture.fit import outputs

    session = onnxruntime.InferenceSession(exported(network, yardstick))
    label, probabilities, strangeness = session.run(
        ["label", "probabilities", "strangeness"], {"input": PICTURES / np.float32(255)}
    )
    logits, features = outputs(network, PICTURES), outputs(network[0], PICTURES)
    exponentials = np.exp(logits / TEMPERATURE)
    assert np.array_equal(label, logits.argmax(axis=1))
    assert np.allclose(probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6)
    distances = np.linalg.norm((features @ yardstick.whitening)[:, None] - yardstick.centres, axis=2)
    assert np.allclose(strangeness, distances.min(axis=1), rtol=1e-5)
    assert np.ptp(strangeness) > 0


def test_strangeness_can_be_of_every_stage(network: Any) -> None:
    from model.train.picture.fit import outputs, stages
    from model.train.picture.onnx import export

    seen = stages(network, PICTURES)
    assert seen.shape == (6, 3 + 5)
    assert np.allclose(seen[:, 3:], outputs(network[0], PICTURES))
    random = np.random.default_rng(3)
    yardstick = Yardstick(random.random((8, 8), np.float32), random.random((4, 8), np.float32))
    session = onnxruntime.InferenceSession(export(network, (20, 28), TEMPERATURE, yardstick, every_stage=True))
    (strangeness,) = session.run(["strangeness"], {"input": PICTURES / np.float32(255)})
    distances = np.linalg.norm((seen @ yardstick.whitening)[:, None] - yardstick.centres, axis=2)
    assert np.allclose(strangeness, distances.min(axis=1), rtol=1e-5)


def test_the_graph_is_as_a_task_promises_and_the_same_each_time(network: Any, yardstick: Yardstick) -> None:
    content = exported(network, yardstick)
    graph = onnx.load_from_string(content).graph
    ends = {
        end.name: (end.type.tensor_type.elem_type, [side.dim_value for side in end.type.tensor_type.shape.dim])
        for end in (*graph.input, *graph.output)
    }
    assert ends == {
        "input": (onnx.TensorProto.FLOAT, [0, 20, 28]),
        "label": (onnx.TensorProto.INT64, [0]),
        "probabilities": (onnx.TensorProto.FLOAT, [0, 4]),
        "strangeness": (onnx.TensorProto.FLOAT, [0]),
    }
    assert {node.op_type for node in graph.node}.isdisjoint({"BatchNormalization", "Dropout"})
    assert exported(network, yardstick) == content


def test_a_layer_that_the_export_does_not_know_is_refused(network: Any, yardstick: Yardstick) -> None:
    from model.train.picture.pytorch import nn

    with pytest.raises(TypeError, match="Sigmoid"):
        exported(nn.Sequential(nn.Sequential(nn.Sigmoid()), network[1]), yardstick)


def test_what_is_far_from_every_class_in_its_own_spread_is_strange() -> None:
    random = np.random.default_rng(0)
    targets = np.repeat([0, 1], 500)
    features = random.normal(0, [10, 0.1], (1000, 2)) + targets[:, None] * [0, 5]
    made = measure(features.astype(np.float32), targets)

    def strangeness(point: list[float]) -> float:
        return float(np.linalg.norm(np.array(point) @ made.whitening - made.centres, axis=1).min())

    assert strangeness([0, 0]) < 0.2
    assert strangeness([0, 5]) < 0.2
    assert strangeness([10, 0]) == pytest.approx(1, abs=0.1)
    assert strangeness([0, 2.5]) > 5


def test_the_last_features_can_be_left_out_of_the_measure() -> None:
    features = np.random.default_rng(0).normal(0, 1, (100, 5)).astype(np.float32)
    targets = np.arange(100) % 2
    made, shorter = measure(features, targets, left_out=2), measure(features[:, :3], targets)
    assert np.allclose(features @ made.whitening, features[:, :3] @ shorter.whitening, atol=1e-6)
    assert np.array_equal(made.centres, shorter.centres)


def test_a_feature_that_never_varies_is_no_measure() -> None:
    features = np.random.default_rng(0).normal(0, 1, (100, 3)).astype(np.float32)
    features[:, 2] = 0
    made = measure(features, np.zeros(100, np.int64))
    assert np.isfinite(made.whitening).all()


@pytest.mark.parametrize("true", [0.5, 2.0])
def test_the_temperature_makes_probabilities_come_true(true: float) -> None:
    from model.train.picture.calibrate import temperature

    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 3)).astype(np.float32)
    chances = np.exp(logits / true)
    chances /= chances.sum(axis=1, keepdims=True)
    targets = (random.random((20_000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    assert temperature(logits, targets) == pytest.approx(true, rel=0.1)


def test_the_temperature_has_bounds() -> None:
    from model.train.picture.calibrate import HIGHEST, LOWEST, temperature

    logits = np.array([[1, 0], [0, 1]], np.float32)
    assert temperature(logits, np.array([0, 1])) == LOWEST
    assert temperature(logits, np.array([1, 0])) == HIGHEST
