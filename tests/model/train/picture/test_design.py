"""The committed graphs match the designs: exporting a network with their weights gives the same bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from model import bundle
from model.train.picture.calibrate import MahalanobisDetector, OutlierHead

pytestmark = pytest.mark.slow

BUNDLES = Path(bundle.__file__).with_name("bundles")


def design(name: str) -> Any:
    from model.train.brain_mri import fit
    from model.train.digits import model

    return model.design() if name == "digits" else fit.FIRST


def untrained(name: str) -> Any:
    """Return a network like the shipped one, with its class for pictures of something else."""
    from model.train.brain_mri import fit
    from model.train.brain_mri.data import CLASSES

    return fit.coarse_network(0, len(CLASSES) + 1) if name == "brain_mri" else design(name).untrained(0)


@pytest.mark.parametrize("name", ["digits", "brain_mri"])
def test_the_shipped_graph_is_what_its_design_exports(name: str) -> None:

    from model.train.picture.continued import fill
    from model.train.picture.network import nn
    from model.train.picture.onnx import average_over_mirror, export

    shipped = bundle.load(BUNDLES / name)
    graph = onnx.load_from_string(shipped.onnx).graph
    values = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    weights: dict[str, list[np.ndarray]] = {}
    for node in graph.node:
        weights.setdefault(node.op_type, []).extend(values[tensor] for tensor in node.input if tensor in values)
    network = untrained(name).eval()
    fill(network, shipped.onnx)
    for layer in network[0]:
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 0
    detector = MahalanobisDetector(weights["MatMul"][0], weights["Sub"][0])
    picture = shipped.task.picture
    assert picture is not None
    outliers = network[1].out_features > len(shipped.task.classes)
    head = OutlierHead(weights["Gemm"][2][:, 0], float(weights["Gemm"][3][0])) if len(weights["Gemm"]) > 2 else None
    content = export(network, (picture.height, picture.width), 1.0, detector, outliers, head=head)
    assert (average_over_mirror(content) if design(name).mirrored else content) == shipped.onnx
    assert sum(weight.numel() for weight in network.parameters()) == shipped.card["fit"]["parameters"]


@pytest.mark.parametrize("name", ["digits", "brain_mri"])
def test_the_shipped_card_states_the_recipe_of_its_design(name: str) -> None:
    from dataclasses import asdict

    fit = bundle.load(BUNDLES / name).card["fit"]
    first = fit.get("first", fit)
    assert first | asdict(design(name).recipe) == first


def test_the_shipped_card_states_the_recipe_of_the_second_fit() -> None:
    from dataclasses import asdict

    from model.train.brain_mri.fit import SECOND

    fit = bundle.load(BUNDLES / "brain_mri").card["fit"]
    assert fit | asdict(SECOND) == fit
