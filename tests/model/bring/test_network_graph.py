"""The served graph gives the network's own probabilities, whatever the network takes, returns and calls things."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model.bring.network_check import CLOSE, ServedGraph
from tests.model.bring.conftest import Make
from tests.model.bring.networks import network, picture_of, sample_pictures, scores, softmax

Array = NDArray[Any]
KERAS = {"preprocess": "keras-tf"}


def noise(*shape: int) -> Array:
    return np.random.default_rng(7).integers(0, 256, shape).astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("opset", [7, 11, 13, 17, 21])
@pytest.mark.parametrize("ending", ["", "Softmax", "LogSoftmax"])
def test_served_probabilities_are_the_networks_own(make: Make, ending: str, opset: int, tmp_path: Path) -> None:
    model = network(ending=ending, opset=opset)
    pictures = noise(5, 16, 16, 3)
    own = scores(model.SerializeToString(), pictures * 2 - 1)
    if ending != "Softmax":
        own = softmax(own) if ending == "" else np.exp(own)
    for folder in sample_pictures(tmp_path), None:
        made = make(model, **KERAS, samples=folder)
        outputs = ServedGraph(made.onnx, one_by_one=False).outputs(pictures)
        assert outputs["probabilities"] == pytest.approx(own, abs=1e-5)
        assert outputs["label"].tolist() == own.argmax(axis=1).tolist()
        assert ("strangeness" in outputs) == (folder is not None)
        assert made.card["verification"]["largest_difference_of_probabilities"] <= CLOSE


@pytest.mark.parametrize("ending", ["", "Sigmoid"])
def test_one_score_is_that_of_the_second_of_two_classes(make: Make, ending: str) -> None:
    model = network(classes=1, ending=ending)
    pictures = noise(5, 16, 16, 3)
    own = scores(model.SerializeToString(), pictures * 2 - 1)[:, 0]
    own = own if ending else 1 / (1 + np.exp(-own))
    made = make(model, **KERAS, labels=("cat", "dog"))
    outputs = ServedGraph(made.onnx, one_by_one=False).outputs(pictures)
    assert made.task.labels == ("cat", "dog")
    assert outputs["probabilities"] == pytest.approx(np.stack([1 - own, own], axis=1), abs=1e-6)
    assert outputs["label"].tolist() == (own > 0.5).astype(int).tolist()


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_numbers_of_other_precisions_are_converted(make: Make, kind: int) -> None:
    made = make(network(dtype=kind), **KERAS)
    outputs = ServedGraph(made.onnx, one_by_one=False).outputs(noise(2, 16, 16, 3))
    assert outputs["probabilities"].dtype == np.float32


def test_whole_numbers_are_those_of_the_file(make: Make) -> None:
    """Every level of a file reaches the network as it is, although the server divides it by 255 in between."""
    model = network((1, 16, 16, 1), dtype=TensorProto.UINT8)
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    made = make(model)
    outputs = ServedGraph(made.onnx, one_by_one=True).outputs((levels[..., 0] / np.float32(255)).astype(np.float32))
    assert outputs["probabilities"] == pytest.approx(scores(model.SerializeToString(), levels), abs=1e-7)


@pytest.mark.parametrize("names", [("input", "probabilities"), ("label", "strangeness"), ("network_input", "input")])
def test_names_of_the_network_do_not_collide_with_those_served(make: Make, names: tuple[str, str]) -> None:
    model = network(names=names)
    pictures = noise(3, 16, 16, 3)
    own = scores(model.SerializeToString(), pictures * 2 - 1)
    outputs = ServedGraph(make(model, **KERAS).onnx, one_by_one=False).outputs(pictures)
    assert outputs["probabilities"] == pytest.approx(own, abs=1e-5)


def test_names_inside_a_branch_are_renamed_with_the_rest(make: Make) -> None:
    model = network(ending="")
    branches = [
        helper.make_graph(
            [helper.make_node("Mul", ["dense", "two"], [f"label_{name}"])],
            name,
            [],
            [helper.make_tensor_value_info(f"label_{name}", TensorProto.FLOAT, None)],
        )
        for name in ("one", "other")
    ]
    model.graph.initializer.extend(
        [numpy_helper.from_array(np.array(2, np.float32), "two"), numpy_helper.from_array(np.array(True), "label")]
    )
    model.graph.node.append(
        helper.make_node("If", ["label"], ["probabilities"], then_branch=branches[0], else_branch=branches[1])
    )
    model.graph.output[0].name = "probabilities"
    pictures = noise(3, 16, 16, 3)
    own = softmax(scores(model.SerializeToString(), pictures * 2 - 1))
    outputs = ServedGraph(make(model, **KERAS).onnx, one_by_one=False).outputs(pictures)
    assert outputs["probabilities"] == pytest.approx(own, abs=1e-5)


def test_batch_of_one_inside_the_graph_is_noticed(make: Make) -> None:
    model = network()
    flatten = next(node for node in model.graph.node if node.op_type == "Flatten")
    flatten.CopyFrom(helper.make_node("Reshape", ["pooled", "one_row"], ["flat"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([1, 6], np.int64), "one_row"))
    made = make(model, **KERAS)
    assert picture_of(made).one_by_one
    assert len(ServedGraph(made.onnx, one_by_one=True).outputs(noise(3, 16, 16, 3))["label"]) == 3


def test_maps_of_one_pixel_are_scores(make: Make) -> None:
    """SqueezeNet returns [n, classes, 1, 1]."""
    model = network(ending="")
    model.graph.node.append(helper.make_node("Reshape", ["dense", "maps"], ["map"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([-1, 3, 1, 1], np.int64), "maps"))
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", 3, 1, 1]))
    made = make(model, **KERAS)
    assert ServedGraph(made.onnx, one_by_one=False).outputs(noise(2, 16, 16, 3))["probabilities"].shape == (2, 3)
