"""What is no classifier of pictures, or cannot be read, is refused in a sentence that says what to do, and not run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from tests.model.bring.conftest import Refused
from tests.model.bring.networks import network, with_output


def segmentation() -> onnx.ModelProto:
    return with_output("rectified", ["n", 6, 7, 7])


def detection() -> onnx.ModelProto:
    model = with_output("boxes", ["n", 3, 1], helper.make_node("Unsqueeze", ["dense", "last"], ["boxes"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([2], np.int64), "last"))
    model.graph.output.append(helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n", 6, 1, 1]))
    model.graph.output.append(helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["n", 3]))
    return model


def custom_operator(*, inside: bool = False) -> onnx.ModelProto:
    node = helper.make_node("Sharpen", ["dense"], ["sharp"], domain="my.company")
    if inside:
        branch = helper.make_graph([node], "b", [], [helper.make_tensor_value_info("sharp", TensorProto.FLOAT, None)])
        node = helper.make_node("If", ["yes"], ["sharp_too"], then_branch=branch, else_branch=branch)
    model = with_output(node.output[0], ["n", 3], node, weights=[numpy_helper.from_array(np.array(True), "yes")])
    model.opset_import.add(domain="my.company", version=1)
    return model


def two_inputs() -> onnx.ModelProto:
    model = network()
    model.graph.input.append(helper.make_tensor_value_info("age", TensorProto.FLOAT, ["n", 1]))
    return model


def without_shape() -> onnx.ModelProto:
    model = network()
    model.graph.input[0].type.tensor_type.ClearField("shape")
    return model


def rows(numbers: int | None = 30) -> onnx.ModelProto:
    weights = numpy_helper.from_array(np.ones((numbers or 4, 3), np.float32), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "rows",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", numbers])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


TF = ("--preprocess", "keras-tf")


@pytest.mark.parametrize(
    ("make", "options", "facts"),
    [
        (lambda: network(("n", None, None, 3)), TF, ["any size", "--size 224"]),
        (lambda: network(("n", 3, 8, 3)), TF, ["[n, 3, 8, 3]", "--layout"]),
        (lambda: network(("n", 3, 16, 16)), (*TF, "--layout", "NHWC"), ["16 channels", "1, 3 or 4"]),
        (lambda: network(("n", 16, 16, 8)), TF, ["--layout"]),
        (network, (), ["which numbers it takes", "--preprocess", "--mean and --std"]),
        (network, ("--preprocess", "opencv"), ["--mean and --std"]),
        (network, ("--mean", "0.5,0.5", "--std", "1"), ["2 numbers in the mean", "3 channels"]),
        (lambda: network(("n", 16, 16, 1)), ("--preprocess", "torchvision"), ["3 numbers in the mean", "1 channel."]),
        (network, ("--mean", "0.5", "--std", "0"), ["above 0"]),
        (network, ("--mean", "nan"), ["must be numbers"]),
        (network, (*TF, "--size", "32"), ["16 × 16", "--size says 32 × 32"]),
        (network, (*TF, "--resize", "32"), ["--resize", "torchvision or timm"]),
        (network, ("--preprocess", "timm", "--resize", "8"), ["--resize is 8"]),
        (network, (*TF, "--labels", "oak,elm"), ["2 labels", "3 classes"]),
        (network, (*TF, "--labels", "missing.txt"), ["missing.txt", "cannot be read"]),
        (network, (*TF, "--data", "rows.csv"), ["--data", "--samples"]),
        (network, (*TF, "--target", "y"), ["--target"]),
        (network, (*TF, "--samples", "nowhere"), ["--samples", "nowhere"]),
        (lambda: network((8, 16, 16, 3)), TF, ["exactly 8 pictures", "any number"]),
        (lambda: network(("n", 2000, 2000, 3)), TF, ["2000 × 2000", "1024"]),
        (lambda: network(dtype=TensorProto.INT64), TF, ["INT64"]),
        (lambda: network(dtype=TensorProto.UINT8), ("--mean", "0.5"), ["whole numbers", "--mean and --std out"]),
        (lambda: network(classes=3, ending="Sigmoid"), TF, ["sigmoid", "softmax"]),
        (lambda: network(opset=6), TF, ["opset 6", "opset 7"]),
        (segmentation, TF, ["no classifier", "[n, 6, 7, 7]", "[n, classes]"]),
        (detection, TF, ["no classifier", "boxes [n, 3, 1]"]),
        (custom_operator, TF, ["my.company.Sharpen", "operators of ONNX"]),
        (lambda: custom_operator(inside=True), TF, ["my.company.Sharpen"]),
        (two_inputs, TF, ["2 inputs (input_1, age)", "pipeline itself"]),
        (without_shape, TF, ["shape"]),
        (rows, (), ["30 numbers", "pipeline itself", "--data", "--size"]),
        (lambda: rows(64), (), ["--size 8"]),
        (rows, ("--size", "8", "--std", "1"), ["30 numbers", "8 × 8"]),
    ],
)
def test_sentence_says_what_is_missing(
    refused: Refused, make: Callable[[], Any], options: tuple[str, ...], facts: list[str]
) -> None:
    sentence = refused(make(), *options)
    for fact in facts:
        assert fact in sentence, sentence


def test_labels_that_are_no_text_are_refused(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(b"\xff\xfe\x00oak")
    assert "UTF-8" in refused(network(), *TF, "--labels", str(tmp_path / "labels.txt"))
    (tmp_path / "labels.txt").write_bytes(b"\n \n")
    assert "no labels" in refused(network(), *TF, "--labels", str(tmp_path / "labels.txt"))


def test_samples_that_are_too_few_or_broken_are_refused(refused: Refused, tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    folder.mkdir()
    for index in range(20):
        assert f"has {index} JPEG and PNG files" in refused(network(), *TF, "--samples", str(folder))
        Image.new("RGB", (9, 9)).save(folder / f"{index}.png")
    (folder / "7.png").write_bytes(b"no picture")
    assert "7.png" in refused(network(), *TF, "--samples", str(folder))


def test_options_of_networks_are_refused_for_pipelines(refused: Refused) -> None:
    assert "--size is for a network" in refused(b"", "--data", "rows.csv", "--size", "8", name="pipeline.joblib")
    assert "--data ROWS.csv" in refused(b"", name="pipeline.joblib")
