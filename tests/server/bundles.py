"""Tiny but real bundles whose correct predictions can be computed by hand."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper
from onnx.onnx_ml_pb2 import GraphProto, ValueInfoProto

from model.bundle import Bundle
from model.bundle_write import save
from model.task import Feature, Task

OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]


def sign(folder: Path) -> Bundle:
    """Classes 0 (label "low") and 1 ("high"): high when x + y > 0; the probability of high is sigmoid(x + y)."""
    node = helper.make_node(
        "LinearClassifier",
        ["input"],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        coefficients=[-1.0, -1.0, 1.0, 1.0],
        intercepts=[0.0, 0.0],
        classlabels_ints=[0, 1],
        post_transform="LOGISTIC",
    )
    graph = helper.make_graph(
        [node],
        "sign",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [None, 2])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
    )
    task = Task(
        name="sign",
        title="Sign of a sum",
        version="1.2.3",
        kind="classification",
        features=(Feature("x", "FP32", unit="m", minimum=-10, maximum=10), Feature("y", "FP32")),
        classes=(0, 1),
        labels=("low", "high"),
        example={"x": 3.0, "y": -1.0},
    )
    return _saved(folder, task, graph)


def price(folder: Path) -> Bundle:
    """A regression over strings: the price of a colour (red 1, blue 2, any other 0), plus the size."""
    nodes = [
        helper.make_node(
            "LabelEncoder",
            ["colour"],
            ["worth"],
            domain="ai.onnx.ml",
            keys_strings=["red", "blue"],
            values_floats=[1.0, 2.0],
            default_float=0.0,
        ),
        helper.make_node("Add", ["worth", "size"], ["prediction"]),
    ]
    graph = helper.make_graph(
        nodes,
        "price",
        [
            helper.make_tensor_value_info("colour", TensorProto.STRING, [None, 1]),
            helper.make_tensor_value_info("size", TensorProto.FLOAT, [None, 1]),
        ],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, [None, 1])],
    )
    task = Task(
        name="price",
        title="Price by colour",
        version="1.0.0",
        kind="regression",
        features=(Feature("colour", "BYTES", categories=("blue", "red")), Feature("size", "FP32")),
        example={"colour": "red", "size": 0.25},
    )
    return _saved(folder, task, graph)


def club(folder: Path) -> Bundle:
    """A regression over a boolean, a code and a text, each a tensor: member + 10 · level. A missing member is -1."""
    nodes = [
        helper.make_node("IsNaN", ["member"], ["unknown"]),
        helper.make_node("Where", ["unknown", "minus_one", "member"], ["membership"]),
        helper.make_node("Mul", ["level", "ten"], ["tens"]),
        helper.make_node("Add", ["membership", "tens"], ["prediction"]),
    ]
    inputs = {"member": TensorProto.FLOAT, "level": TensorProto.FLOAT, "note": TensorProto.STRING}
    graph = helper.make_graph(
        nodes,
        "club",
        [helper.make_tensor_value_info(name, kind, [None, 1]) for name, kind in inputs.items()],
        [helper.make_tensor_value_info("prediction", TensorProto.FLOAT, [None, 1])],
        [
            helper.make_tensor("minus_one", TensorProto.FLOAT, [1], [-1.0]),
            helper.make_tensor("ten", TensorProto.FLOAT, [1], [10.0]),
        ],
    )
    task = Task(
        name="club",
        title="A club",
        version="1.0.0",
        kind="regression",
        features=(
            Feature("member", "FP32", minimum=0, maximum=1, boolean=True, optional=True),
            Feature("level", "FP32", minimum=1, maximum=2.5, codes=(1.0, 2.0, 2.5)),
            Feature("note", "BYTES"),
        ),
        example={"member": True, "level": 2.0, "note": "new here"},
    )
    return _saved(folder, task, graph)


def gap(folder: Path) -> Bundle:
    """A regression that takes missing values, in FP64: the prediction is x, or -1 where x is missing."""
    nodes = [
        helper.make_node("IsNaN", ["input"], ["missing"]),
        helper.make_node("Where", ["missing", "minus_one", "input"], ["prediction"]),
    ]
    graph = helper.make_graph(
        nodes,
        "gap",
        [helper.make_tensor_value_info("input", TensorProto.DOUBLE, [None, 1])],
        [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, [None, 1])],
        [helper.make_tensor("minus_one", TensorProto.DOUBLE, [1], [-1.0])],
    )
    task = Task(
        name="gap",
        title="A gap in the data",
        version="1.0.0",
        kind="regression",
        features=(Feature("x", "FP64", optional=True),),
        example={"x": 2.5},
    )
    return _saved(folder, task, graph)


def slow(folder: Path) -> Bundle:
    """A slow regression: the prediction is the number of turns, counted one by one in about 1 µs each.

    A batch takes as long as all its rows. The example takes about 6 ms.
    """
    turn = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["count", "one"], ["counted"])],
        "turn",
        [_scalar("turn", TensorProto.INT64), _scalar("go", TensorProto.BOOL), _scalar("count", TensorProto.DOUBLE)],
        [_scalar("go_on", TensorProto.BOOL), _scalar("counted", TensorProto.DOUBLE)],
    )
    nodes = [
        helper.make_node("ReduceSum", ["input"], ["total"], keepdims=0),
        helper.make_node("Cast", ["total"], ["turns"], to=TensorProto.INT64),
        helper.make_node("Loop", ["turns", "", "zero"], ["counted_up"], body=turn),
        helper.make_node("Sub", ["counted_up", "total"], ["nothing"]),
        helper.make_node("Add", ["input", "nothing"], ["prediction"]),
    ]
    graph = helper.make_graph(
        nodes,
        "slow",
        [helper.make_tensor_value_info("input", TensorProto.DOUBLE, [None, 1])],
        [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, [None, 1])],
        [
            helper.make_tensor("zero", TensorProto.DOUBLE, [], [0.0]),
            helper.make_tensor("one", TensorProto.DOUBLE, [], [1.0]),
        ],
    )
    task = Task(
        name="slow",
        title="Counting",
        version="1.0.0",
        kind="regression",
        features=(Feature("turns", "FP64", minimum=0, maximum=1_000_000),),
        example={"turns": 5000.0},
    )
    return _saved(folder, task, graph)


def _scalar(name: str, datatype: int) -> ValueInfoProto:
    value: ValueInfoProto = helper.make_tensor_value_info(name, datatype, [])
    return value


def _saved(folder: Path, task: Task, graph: GraphProto) -> Bundle:
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=8)
    return save(folder, task, b"no pipeline: built by hand", model.SerializeToString(), {}, {})


def logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
