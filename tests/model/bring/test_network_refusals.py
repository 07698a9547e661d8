"""What is no classifier of pictures, or cannot be read, is refused in a sentence that says what to do, and not run."""

import os
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from model.__main__ import main
from tests.model.bring.networks import network

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    def told(model: onnx.ModelProto | bytes | None, *options: str, name: str = "net.onnx") -> str:
        """Return the sentence that refuses a network, or the file that lies there already."""
        file = tmp_path / name
        if model is not None:
            file.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        command = ["bundle", str(file), "--name", "mine", "--output", str(tmp_path / "mine"), *options]
        began = process_time()
        code = main(command)
        assert process_time() - began < 1
        output = capsys.readouterr()
        assert (code, output.out) == (1, "")
        assert output.err.startswith("error: ")
        assert output.err.count("\n") == 1
        assert len(output.err) <= 301
        assert not (tmp_path / "mine").exists()
        return output.err

    return told


def with_output(name: str, shape: Sequence[Any], *nodes: Any, weights: Sequence[Any] = ()) -> onnx.ModelProto:
    """Return the network with another output, which these nodes compute."""
    model = network()
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(weights)
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    return model


def segmentation() -> onnx.ModelProto:
    return with_output("rectified", ["n", 6, 7, 7])


def detection() -> onnx.ModelProto:
    model = with_output("boxes", ["n", 3, 1], helper.make_node("Unsqueeze", ["dense", "last"], ["boxes"]))
    model.graph.initializer.append(numpy_helper.from_array(np.array([2], np.int64), "last"))
    model.graph.output.append(helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["n", 6, 1, 1]))
    model.graph.output.append(helper.make_tensor_value_info("dense", TensorProto.FLOAT, ["n", 3]))
    return model


def external_data(place: Path) -> bytes:
    model = network()
    onnx.save(model, place / "apart.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    return (place / "apart.onnx").read_bytes()


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


def test_weights_in_another_file_are_not_read(refused: Refused, tmp_path: Path) -> None:
    sentence = refused(external_data(tmp_path), *TF)
    assert "'weights.bin'" in sentence
    assert "onnx.save(onnx.load('net.onnx')" in sentence


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_truncated_network_is_refused(refused: Refused, part: float) -> None:
    content = network().SerializeToString()
    refused(content[: int(part * len(content))], *TF)


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(99), b"\x80\x04K\x01.", b"label\noak\n", os.urandom(4096)])
def test_file_of_another_kind_is_refused(refused: Refused, content: bytes) -> None:
    assert "net.onnx" in refused(content, *TF)


def test_graph_of_two_gigabytes_is_not_read(refused: Refused, tmp_path: Path) -> None:
    with (tmp_path / "net.onnx").open("wb") as file:
        file.truncate(2 << 30)
    tracemalloc.start()
    sentence = refused(None, *TF)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "2,147 MB" in sentence
    assert most < 8 << 20


def test_missing_file_is_named(refused: Refused) -> None:
    assert "cannot be read" in refused(None, *TF)


def test_network_that_onnxruntime_cannot_run_is_refused(refused: Refused) -> None:
    model = network()
    next(node for node in model.graph.node if node.op_type == "Gemm").input[1] = "kernel"
    assert "onnxruntime cannot open the network" in refused(model, *TF) or "fails on a picture" in refused(model, *TF)


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
