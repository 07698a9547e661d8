"""Tiny picture models with obvious answers: is one part of the picture lighter than another?"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model.bundle import Bundle
from model.bundle_write import save
from model.image import scan
from model.task import Picture, Task

CAUTION = "This is not a medical device."


def upright(folder: Path) -> Bundle:
    """Answer "tall" if most ink is in the middle six columns, else "wide"."""
    middle = np.full((28, 28), -1.0, np.float32)
    middle[:, 11:17] = 1.0
    picture = Picture("digit", 28, 28, "a handwritten digit", strange_above=0.9, input="draw")
    return _saved(folder, "upright", ("tall", "wide"), middle, picture, {"summary": "Tells tall from wide."})


def half(folder: Path) -> Bundle:
    """Answer "upper" if the upper half is lighter, else "lower"."""
    upper = np.ones((scan.SIDE, scan.SIDE), np.float32)
    upper[scan.SIDE // 2 :] = -1.0
    picture = Picture(
        "scan", scan.SIDE, scan.SIDE, "a brain MRI scan", strange_above=0.9, input="upload", caution=CAUTION
    )
    return _saved(folder, "half", ("upper", "lower"), upper, picture, {"limits": ["A toy."]})


def _saved(
    folder: Path,
    name: str,
    labels: tuple[str, str],
    first: NDArray[np.float32],
    picture: Picture,
    card: dict[str, object],
) -> Bundle:
    """Save a bundle. `first` weighs the pixels for the first label; the strangeness is the mean brightness."""
    weights = np.stack([first.ravel(), -first.ravel()], 1) * 20 / first.size
    nodes = [
        helper.make_node("Flatten", ["input"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
        helper.make_node("ReduceMean", ["flat"], ["strangeness"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, picture.height, picture.width])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
            helper.make_tensor_value_info("strangeness", TensorProto.FLOAT, [None]),
        ],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    task = Task(name, name.title(), "1.0.0", "classification", (), {}, (0, 1), labels, picture=picture)
    return save(folder, task, None, model.SerializeToString(), card, {})
