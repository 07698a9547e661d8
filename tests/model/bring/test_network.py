"""Networks are understood from what their files say, or refused with the option that is missing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from model import bundle as bundles
from model.bring import network_labels
from model.bring.network import bundle
from model.bring.network_check import CLOSE, ServedGraph
from model.bring.network_request import NetworkRequest
from model.bundle import Bundle
from model.task import Picture, Resize
from tests.model.bring.networks import network, scores, softmax

Array = NDArray[Any]
Make = Callable[..., Bundle]
KERAS = {"preprocess": "keras-tf"}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(model: onnx.ModelProto | bytes, **options: Any) -> Bundle:
        file = tmp_path / "net.onnx"
        file.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        return bundle(NetworkRequest(file, "leaves", tmp_path / "leaves", **options))

    return made


def picture_of(made: Bundle) -> Picture:
    assert made.task.picture
    return made.task.picture


def noise(*shape: int) -> Array:
    return np.random.default_rng(7).integers(0, 256, shape).astype(np.float32) / np.float32(255)


@pytest.mark.parametrize(
    ("shape", "options", "size", "channels", "one_by_one"),
    [
        (("n", 16, 20, 3), {}, (16, 20), 3, False),
        ((None, 3, 16, 20), {}, (16, 20), 3, False),
        ((1, 1, 12, 12), {}, (12, 12), 1, True),
        (("n", 12, 12, 4), {}, (12, 12), 4, False),
        (("n", "h", "w", 3), {"size": (9, 11)}, (9, 11), 3, False),
        (("n", 3, 8, 3), {"layout": "NHWC"}, (3, 8), 3, False),
    ],
)
def test_size_channels_and_batch_are_read_from_the_input(
    make: Make, shape: Any, options: dict[str, Any], size: tuple[int, int], channels: int, one_by_one: bool
) -> None:
    picture = picture_of(make(network(shape), **KERAS, **options))
    assert (picture.height, picture.width, picture.channels) == (*size, channels)
    assert picture.one_by_one == one_by_one


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"preprocess": "torchvision"}, Resize("bilinear", 18)),
        ({"preprocess": "timm", "shorter": 17}, Resize("bicubic", 17)),
        ({"preprocess": "stretch", "mean": (0.0,)}, Resize("bilinear")),
        ({"preprocess": "opencv", "std": (1.0,)}, Resize("linear")),
        ({"preprocess": "keras-dataset"}, Resize("linear")),
        ({"mean": (0.5,), "std": (0.5,)}, Resize("nearest")),  # the network's layout is that of Keras
    ],
)
def test_preprocessing_decides_how_pictures_are_resized(make: Make, options: dict[str, Any], expected: Resize) -> None:
    assert picture_of(make(network(), **options)).resize == expected


@pytest.mark.parametrize("opset", [7, 11, 13, 17, 21])
@pytest.mark.parametrize("ending", ["", "Softmax", "LogSoftmax"])
def test_served_probabilities_are_the_networks_own(make: Make, ending: str, opset: int, tmp_path: Path) -> None:
    model = network(ending=ending, opset=opset)
    pictures = noise(5, 16, 16, 3)
    own = scores(model.SerializeToString(), pictures * 2 - 1)
    if ending != "Softmax":
        own = softmax(own) if ending == "" else np.exp(own)
    for folder in _samples(tmp_path), None:
        made = make(model, **KERAS, samples=folder)
        outputs = ServedGraph(made.onnx, one_by_one=False).outputs(pictures)
        assert outputs["probabilities"] == pytest.approx(own, abs=1e-5)
        assert outputs["label"].tolist() == own.argmax(axis=1).tolist()
        assert ("strangeness" in outputs) == (folder is not None)
        assert made.card["verification"]["largest_difference_of_probabilities"] <= CLOSE


def _samples(folder: Path, count: int = 20, names: tuple[str, ...] = ("0",)) -> Path:
    random = np.random.default_rng(3)
    for index in range(count):
        place = folder / "samples" / names[index % len(names)]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (20, 30, 3), np.uint8)).save(place / f"{index}.png")
    return folder / "samples"


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


def test_samples_set_the_threshold_and_tell_how_often_it_is_right(make: Make, tmp_path: Path) -> None:
    made = make(network(), **KERAS, samples=_samples(tmp_path, 60, ("oak", "elm")), labels=("oak", "elm", "ash"))
    threshold = picture_of(made).strange_above
    assert threshold is not None
    figures = made.card["metrics"]["samples_given"]
    assert figures["rows"] == 60
    assert figures["confusion_matrix"]["counts"][2] == [0, 0, 0]
    assert sum(figures["confusion_matrix"]["counts"][0]) == 30
    assert made.statistics["rows"] == made.statistics["strangeness"]["count"] == 60
    assert made.statistics["strangeness"]["deciles"][-1] <= threshold
    assert sum("sample" in limit for limit in made.card["limits"]) == 2


def test_without_samples_there_is_no_strangeness(make: Make) -> None:
    made = make(network(), **KERAS)
    assert picture_of(made).strange_above is None
    assert made.card["metrics"] == made.statistics == {}
    assert any("does not warn" in limit for limit in made.card["limits"])


def test_labels_are_lines_of_a_file_and_repeated_ones_are_numbered(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes("\ufefftench\r\ncrane\r\n\r\n crane \r\n\r\n".encode())
    labels = network_labels.read(str(file))
    assert labels == ("tench", "crane", "crane")
    assert make(network(), **KERAS, labels=labels).task.labels == ("tench", "crane (1)", "crane (2)")
    assert network_labels.read("oak, elm ,ash") == ("oak", "elm", "ash")
    assert make(network(), **KERAS).task.labels == ("0", "1", "2")


def test_bundle_is_the_same_each_time_and_survives_a_round_trip(make: Make) -> None:
    first = make(network(), **KERAS)
    assert bundles.load(first.folder).task == first.task
    assert make(network(), **KERAS).onnx == first.onnx
