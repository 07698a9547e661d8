"""Every kind of convolution is exported correctly or refused."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from model.train.picture.calibrate import MahalanobisDetector

pytestmark = pytest.mark.slow

PICTURES = np.random.default_rng(0).integers(0, 256, (4, 23, 18), np.uint8)


def network(last: bool = True, **kind: Any) -> Any:
    """Return a plain convolution and one of this kind; their normalisations have seen some pictures."""
    from model.train.picture.fit import scaled, tensors
    from model.train.picture.network import nn, torch

    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU()]
    layers += [nn.Conv2d(4, 6, **({"kernel_size": 3} | kind)), *[nn.BatchNorm2d(6), nn.ReLU()][: 2 * last]]
    made = nn.Sequential(
        nn.Sequential(*layers, nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(6, 3)
    ).train()
    for _ in range(3):
        made(scaled(tensors(PICTURES)))
    return made.eval()


def exported(network: Any) -> bytes:
    from model.train.picture.onnx import export

    random = np.random.default_rng(1)
    detector = MahalanobisDetector(random.random((6, 6), np.float32), random.random((3, 6), np.float32))
    return export(network, (23, 18), 1.0, detector)


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ({}, {"pads": [0, 0, 0, 0]}),
        ({"stride": 2}, {"pads": [0, 0, 0, 0], "strides": [2, 2]}),
        ({"stride": (1, 2), "padding": (2, 0)}, {"pads": [2, 0, 2, 0], "strides": [1, 2]}),
        ({"stride": 2, "padding": 2, "kernel_size": 5, "bias": False}, {"pads": [2, 2, 2, 2], "strides": [2, 2]}),
        ({"dilation": (2, 1)}, {"pads": [0, 0, 0, 0], "dilations": [2, 1]}),
        ({"groups": 2, "kernel_size": (3, 1)}, {"pads": [0, 0, 0, 0], "group": 2}),
    ],
    ids=str,
)
def test_a_convolution_computes_the_same_as_in_pytorch(kind: dict[str, Any], written: dict[str, Any]) -> None:
    from model.train.picture.fit import outputs

    made = network(**kind)
    content = exported(made)
    plain, other = (
        {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        for node in onnx.load_from_string(content).graph.node
        if node.op_type == "Conv"
    )
    assert (plain, other) == ({"pads": [1, 1, 1, 1]}, written)
    logits = outputs(made, PICTURES)
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    session = onnxruntime.InferenceSession(content)
    (probabilities,) = session.run(["probabilities"], {"input": PICTURES / np.float32(255)})
    assert np.allclose(probabilities, chances, atol=1e-6)
    assert np.ptp(probabilities, axis=0).max() > 1e-3


@pytest.mark.parametrize("kind", [{"padding": "same"}, {"padding": 1, "padding_mode": "reflect"}], ids=str)
def test_padding_without_an_onnx_equivalent_is_refused(kind: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"padding of Conv2d.* cannot be exported"):
        exported(network(**kind))


def test_a_convolution_without_its_normalisation_is_refused() -> None:
    with pytest.raises(TypeError, match="is followed by MaxPool2d"):
        exported(network(last=False))


@pytest.mark.parametrize("lacking", [{"affine": False}, {"bias": False}, {"track_running_stats": False}], ids=str)
def test_a_normalisation_that_is_not_fixed_is_refused(lacking: dict[str, bool]) -> None:
    from model.train.picture.network import nn

    made = network()
    made[0][4] = nn.BatchNorm2d(6, **lacking)
    with pytest.raises(TypeError, match=r"is followed by BatchNorm2d.* not by a batch normalisation with weights"):
        exported(made)


@pytest.mark.parametrize("place", [5, 6, 7, 8])
def test_a_layer_with_other_parameters_than_the_export_knows_is_refused(place: int) -> None:
    from model.train.picture.network import nn

    others = {
        5: nn.BatchNorm2d(6),
        6: nn.MaxPool2d(3, stride=2),
        7: nn.AdaptiveAvgPool2d(2),
        8: nn.Flatten(start_dim=2),
    }
    made = network()
    made[0][place] = others[place]
    with pytest.raises(TypeError, match=f"knows no ONNX operator for {type(others[place]).__name__}"):
        exported(made)
