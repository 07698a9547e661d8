"""Reads an ONNX file without running anything in it, and refuses what onnxruntime could not run from one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from onnx import AttributeProto, TensorProto

from model.bundle import BundleError

MAX_BYTES = 600_000_000  # the weights of VGG-16, one of the largest classifiers that people serve on CPUs, are 553 MB

# Sets of operators that onnxruntime has.
DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"})
OLDEST_OPSET = 7  # onnxruntime's

_NAMED = 3  # operators, in a refusal


def read(path: Path) -> onnx.ModelProto:
    """Read a model of at most MAX_BYTES. Raises BundleError."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BundleError(
                f"{path} has {size / 1e6:,.0f} MB; the limit is {MAX_BYTES / 1e6:,.0f} MB. Export a smaller network, "
                "or quantise this one to 8 bits."
            )
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's DecodeError, which onnx does not export
        raise BundleError(f"{path} is no ONNX file, or is cut short. Export or download it again.") from error
    if not model.graph.node or not model.graph.output:
        raise BundleError(f"{path} holds no ONNX graph. Export or download it again.")
    _refuse_external_data(path, model)
    _refuse_custom_operators(model)
    _require_opset(model)
    return model


def nodes(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph, or of a function, and of the graphs inside its nodes."""
    for node in graph.node:
        yield node
        for inner in graphs_of(node):
            yield from nodes(inner)


def graphs_of(node: Any) -> Iterator[Any]:
    """Yield the graphs that a node holds, such as the branches of an If."""
    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def opset_of(model: onnx.ModelProto) -> int:
    """Return the version of the standard operators; 0 if the model does not name one."""
    return next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)


def _refuse_external_data(path: Path, model: onnx.ModelProto) -> None:
    for tensor in _tensors(model):
        if tensor.data_location == TensorProto.EXTERNAL:
            other = next((entry.value for entry in tensor.external_data if entry.key == "location"), "another file")
            raise BundleError(
                f"The weights of {path.name} are in {other!r}. Save it as one file: import onnx; "
                f"onnx.save(onnx.load({path.name!r}), 'one_file.onnx')"
            )


def _tensors(model: onnx.ModelProto) -> Iterator[Any]:
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        yield from graph.initializer
        yield from (part for sparse in graph.sparse_initializer for part in (sparse.values, sparse.indices))
        graphs += [inner for node in graph.node for inner in graphs_of(node)]
    for holder in (model.graph, *model.functions):
        for node in nodes(holder):
            for attribute in node.attribute:
                yield from (attribute.t, *attribute.tensors)


def _refuse_custom_operators(model: onnx.ModelProto) -> None:
    own = {(function.domain, function.name) for function in model.functions}
    used = {
        (node.domain, node.op_type)
        for holder in (model.graph, *model.functions)
        for node in nodes(holder)
        if node.domain not in DOMAINS
    }
    if unknown := sorted(used - own):
        names = ", ".join(f"{domain}.{name}" for domain, name in unknown[:_NAMED])
        raise BundleError(
            f"The network has operators that onnxruntime does not: {names}. Export it with operators of ONNX only."
        )


def _require_opset(model: onnx.ModelProto) -> None:
    version = opset_of(model)
    if version == 0:  # a model of scikit-learn may have operators for machine learning only
        model.opset_import.add(domain="", version=17)
    elif version < OLDEST_OPSET:
        raise BundleError(f"The network has the ONNX opset {version}. Export it with opset {OLDEST_OPSET} or newer.")
