"""What looks both ways answers by the mean of a picture and its mirror image, in PyTorch and in ONNX."""

from typing import Any

import numpy as np
import onnxruntime
import pytest

from model.train.picture.both_ways import graph_both_ways, seen_both_ways
from model.train.picture.strangeness import Yardstick

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 16, 12), np.uint8)


@pytest.fixture(scope="module")
def network() -> Any:
    """Untrained, its first convolution in strides of two."""
    from model.train.picture.network import untrained
    from model.train.picture.pytorch import nn

    made = untrained((4, 6), classes=3, seed=0)
    made[0][0] = nn.Conv2d(1, 4, 5, stride=2, padding=2, bias=False)
    return made.eval()


def test_the_graph_answers_by_what_is_seen_both_ways(network: Any) -> None:
    from model.train.picture.fit import outputs, stages
    from model.train.picture.onnx import export

    random = np.random.default_rng(1)
    yardstick = Yardstick(random.random((10, 10), np.float32), random.random((3, 10), np.float32))
    graph = graph_both_ways(export(network, (16, 12), 1.0, yardstick, every_stage=True))
    probabilities, strangeness = onnxruntime.InferenceSession(graph).run(
        ["probabilities", "strangeness"], {"input": PICTURES / np.float32(255)}
    )
    chances = np.exp(seen_both_ways(outputs)(network, PICTURES))
    assert np.allclose(probabilities, chances / chances.sum(axis=1, keepdims=True), atol=1e-6)
    seen = seen_both_ways(stages)(network, PICTURES)
    distances = np.linalg.norm((seen @ yardstick.whitening)[:, None] - yardstick.centres, axis=2)
    assert np.allclose(strangeness, distances.min(axis=1), rtol=1e-5)


def test_a_mirror_image_is_seen_as_the_picture_is(network: Any) -> None:
    from model.train.picture.fit import outputs

    plain, mirrored = outputs(network, PICTURES), outputs(network, PICTURES[:, :, ::-1].copy())
    assert not np.allclose(plain, mirrored, atol=1e-5)
    assert np.array_equal(seen_both_ways(outputs)(network, PICTURES), (plain + mirrored) / 2)
