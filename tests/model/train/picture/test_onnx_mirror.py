"""Predictions are averaged over a picture and its mirror image, in PyTorch as in ONNX."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

from model.train.picture.calibrate import MahalanobisDetector

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 16, 12), np.uint8)


@pytest.fixture(scope="module")
def network() -> Any:
    """An untrained network whose first convolution has a stride of two."""
    from model.train.picture.network import nn, untrained

    made = untrained((4, 6), classes=3, seed=0)
    made[0][0] = nn.Conv2d(1, 4, 5, stride=2, padding=2, bias=False)
    return made.eval()


def test_the_graph_answers_by_what_is_mirror_averaged(network: Any) -> None:
    from model.train.picture.fit import mirror_averaged, outputs, stages
    from model.train.picture.onnx import average_over_mirror, export

    random = np.random.default_rng(1)
    detector = MahalanobisDetector(random.random((10, 10), np.float32), random.random((3, 10), np.float32))
    graph = average_over_mirror(export(network, (16, 12), 1.0, detector))
    probabilities, strangeness = onnxruntime.InferenceSession(graph).run(
        ["probabilities", "strangeness"], {"input": PICTURES / np.float32(255)}
    )
    chances = np.exp(mirror_averaged(outputs)(network, PICTURES))
    assert np.allclose(probabilities, chances / chances.sum(axis=1, keepdims=True), atol=1e-6)
    seen = mirror_averaged(stages)(network, PICTURES)
    distances = np.linalg.norm((seen @ detector.whitening)[:, None] - detector.centres, axis=2)
    assert np.allclose(strangeness, distances.min(axis=1), rtol=1e-5)


def test_a_mirror_image_gets_the_same_output(network: Any) -> None:
    from model.train.picture.fit import mirror_averaged, outputs

    plain, mirrored = outputs(network, PICTURES), outputs(network, PICTURES[:, :, ::-1].copy())
    assert not np.allclose(plain, mirrored, atol=1e-5)
    assert np.array_equal(mirror_averaged(outputs)(network, PICTURES), (plain + mirrored) / 2)
