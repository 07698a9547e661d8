"""A file that is no network, or that cannot be run from one file and in bounded memory, is refused unread or unrun."""

import os
import resource
import tracemalloc
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from tests.model.bring.conftest import Refused
from tests.model.bring.networks import network, with_output

TF = ("--preprocess", "keras-tf")


def external_data(place: Path) -> bytes:
    model = network()
    onnx.save(model, place / "apart.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    return (place / "apart.onnx").read_bytes()


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


@pytest.mark.parametrize("numbers", [2_000_000_000, 10**13])
def test_network_that_asks_for_gigabytes_is_refused(refused: Refused, numbers: int) -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["count"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Add", ["dense", "zero"], ["sum"]),
    ]
    weight = numpy_helper.from_array(np.array([numbers], np.int64), "count")
    model = with_output("sum", ["n", 3], *nodes, weights=[weight])
    before = resource.getrlimit(resource.RLIMIT_AS)
    assert "too much memory" in refused(model, *TF)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
