"""The exported graph predicts what the network predicts, and its score follows the formula."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from model.train.picture.calibrate import HEAD_WEIGHT, OUTLIER_MARGIN, OUTLIER_WEIGHT, MahalanobisDetector, OutlierHead

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(0).integers(0, 256, (6, 20, 28), np.uint8)
TEMPERATURE = 1.7


@pytest.fixture(scope="module")
def network() -> Any:
    """An untrained network whose normalisation has seen some pictures."""
    from model.train.picture.fit import scaled, tensors
    from model.train.picture.network import untrained

    made = untrained((3, 5), classes=4, seed=1, dropout=0.3).train()
    for _ in range(5):
        made(scaled(tensors(PICTURES)))
    return made.eval()


@pytest.fixture(scope="module")
def detector() -> MahalanobisDetector:
    random = np.random.default_rng(2)
    return MahalanobisDetector(random.random((8, 8), np.float32), random.random((4, 8), np.float32))


def run(content: bytes) -> Any:
    session = onnxruntime.InferenceSession(content)
    return session.run(["label", "probabilities", "strangeness"], {"input": PICTURES / np.float32(255)})


def exported(network: Any, detector: MahalanobisDetector) -> bytes:
    from model.train.picture.onnx import export

    return export(network, (20, 28), TEMPERATURE, detector)


def test_the_graph_predicts_what_the_network_predicts(network: Any, detector: MahalanobisDetector) -> None:
    from model.train.picture.fit import outputs, stages

    session = onnxruntime.InferenceSession(exported(network, detector))
    label, probabilities, strangeness = session.run(
        ["label", "probabilities", "strangeness"], {"input": PICTURES / np.float32(255)}
    )
    logits, features = outputs(network, PICTURES), stages(network, PICTURES)
    exponentials = np.exp(logits / TEMPERATURE)
    assert np.array_equal(label, logits.argmax(axis=1))
    assert np.allclose(probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6)
    distances = np.linalg.norm((features @ detector.whitening)[:, None] - detector.centres, axis=2)
    assert np.allclose(strangeness, distances.min(axis=1), rtol=1e-5)
    assert np.ptp(strangeness) > 0


def test_stages_are_the_features_of_every_stage(network: Any) -> None:
    from model.train.picture.fit import outputs, stages

    features = stages(network, PICTURES)
    assert features.shape == (6, 3 + 5)
    assert np.allclose(features[:, 3:], outputs(network[0], PICTURES))
    assert np.ptp(features[:, :3], axis=0).min() > 0


def test_the_graph_has_the_documented_tensors_and_is_reproducible(network: Any, detector: MahalanobisDetector) -> None:
    content = exported(network, detector)
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
    assert exported(network, detector) == content


def test_an_unknown_layer_is_refused(network: Any, detector: MahalanobisDetector) -> None:
    from model.train.picture.network import nn

    with pytest.raises(TypeError, match="Sigmoid"):
        exported(nn.Sequential(nn.Sequential(nn.Sigmoid()), network[1]), detector)


def test_the_class_for_everything_else_is_no_answer_but_adds_to_the_score(
    network: Any, detector: MahalanobisDetector
) -> None:
    from model.train.picture.fit import outputs
    from model.train.picture.onnx import export

    label, probabilities, strangeness = run(export(network, (20, 28), TEMPERATURE, detector, outliers=True))
    logits = outputs(network, PICTURES) / TEMPERATURE
    exponentials = np.exp(logits[:, :3])
    assert np.array_equal(label, logits[:, :3].argmax(axis=1))
    assert np.allclose(probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6)
    excess = logits[:, 3] - np.log(exponentials.sum(axis=1)) - OUTLIER_MARGIN
    assert (excess > 0).all()
    distances = run(exported(network, detector))[2]
    assert np.allclose(strangeness, distances + OUTLIER_WEIGHT * excess, rtol=1e-4)


def test_a_head_adds_to_the_score_in_the_place_of_the_class_for_everything_else(
    network: Any, detector: MahalanobisDetector
) -> None:
    from model.train.picture.fit import outputs
    from model.train.picture.onnx import export

    features = outputs(network[0], PICTURES)
    weights = np.linspace(-1, 1, features.shape[1], dtype=np.float32)
    head = OutlierHead(weights, -float(np.median(features @ weights)))
    with_class, with_head = (
        run(export(network, (20, 28), TEMPERATURE, detector, outliers=True, head=given)) for given in (None, head)
    )
    assert np.array_equal(with_head[0], with_class[0])
    assert np.allclose(with_head[1], with_class[1], atol=1e-6)
    excess = np.maximum(features @ weights + head.bias, 0)
    assert (excess > 0).any()
    assert (excess == 0).any()
    assert np.allclose(with_head[2], run(exported(network, detector))[2] + HEAD_WEIGHT * excess, rtol=1e-4)
