"""Tiny but real bundles for pictures, whose correct answers can be worked out on paper."""

from pathlib import Path
from typing import Literal

from onnx import TensorProto, helper

from model.bundle import Bundle
from model.bundle_write import save
from model.image import mnist_form, scan
from model.task import Picture, Task

STRANGE_ABOVE = 5.3


def ink(folder: Path) -> Bundle:
    """Save a model of digits: class 1 ("much") if the mean m of the picture is above 0.25, with probability m.

    The strangeness is 10 m.
    """
    return _bundle(folder, "ink", "digit", mnist_form.SIDE, "a stroke of ink")


def bulk(folder: Path) -> Bundle:
    """Save the same model with the transform and size of scans."""
    return _bundle(folder, "bulk", "scan", scan.SIDE, "a scan of something")


def _bundle(folder: Path, name: str, transform: Literal["digit", "scan"], side: int, subject: str) -> Bundle:
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["much"], axes=[1, 2], keepdims=0),
        helper.make_node("Greater", ["much", "quarter"], ["is_much"]),
        helper.make_node("Cast", ["is_much"], ["label"], to=TensorProto.INT64),
        helper.make_node("Sub", ["one", "much"], ["little"]),
        helper.make_node("Unsqueeze", ["little", "last"], ["little_column"]),
        helper.make_node("Unsqueeze", ["much", "last"], ["much_column"]),
        helper.make_node("Concat", ["little_column", "much_column"], ["probabilities"], axis=1),
        helper.make_node("Mul", ["much", "ten"], ["strangeness"]),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, side, side])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
            helper.make_tensor_value_info("strangeness", TensorProto.FLOAT, [None]),
        ],
        [
            helper.make_tensor("quarter", TensorProto.FLOAT, [], [0.25]),
            helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
            helper.make_tensor("ten", TensorProto.FLOAT, [], [10.0]),
            helper.make_tensor("last", TensorProto.INT64, [1], [1]),
        ],
    )
    task = Task(
        name=name,
        title=f"How much there is of {subject}",
        version="1.0.0",
        kind="classification",
        features=(),
        classes=(0, 1),
        labels=("little", "much"),
        example={},
        picture=Picture(transform, side, side, subject, STRANGE_ABOVE),
    )
    onnx = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return save(folder, task, None, onnx.SerializeToString(), {}, {})
