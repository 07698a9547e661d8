"""Converts a fitted pipeline to an ONNX graph with the tensor names given in `model.task`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
from onnx import helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.base import is_classifier, is_outlier_detector
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from model.bring import boosters
from model.bring.convertible import allow_linear_svc, parts, prepare_for_skl2onnx
from model.bring.histogram import allow_double_precision
from model.bring.imputer import allow_any_number
from model.bring.one_hot import allow_exact_categories
from model.bring.progress import step
from model.bring.trees import allow_exact_trees
from model.task import Feature, Task

OPSET = {"": 18, "ai.onnx.ml": 3, "com.microsoft": 1}
INPUT = "input"

_TENSORS = {"FP32": FloatTensorType, "FP64": DoubleTensorType, "BYTES": StringTensorType}


@step("Converting the model to ONNX")
def convert(pipeline: Any, task: Task) -> bytes:
    """Return the ONNX graph of a pipeline; the same pipeline always gives the same bytes.

    Exceptions of skl2onnx are not caught.
    """
    if is_outlier_detector(pipeline):
        raise ValueError("it has another score than scikit-learn's for outliers")
    outputs = _outputs(pipeline, task)
    if not task.numeric and (taken := set(outputs) & set(task.names)):
        raise ValueError(f"the column {min(taken)!r} has the name of an output of the graph; rename it")
    allow_linear_svc()
    allow_any_number()
    allow_exact_categories()
    allow_exact_trees()
    allow_double_precision()
    boosters.register(parts(pipeline))
    pipeline = prepare_for_skl2onnx(pipeline)
    columns = [(feature.name, _tensor(feature, 1)) for feature in task.features]
    if not task.numeric:
        graph = _to_onnx(pipeline, task, columns)
        # The converter has changed the names to valid identifiers.
        given = [value.name for value in graph.graph.input]
        _rename(graph.graph, dict(zip(given, task.names, strict=True)))
    elif any(type(part).__name__ == "ColumnTransformer" for part in parts(pipeline)):
        # Its parts select columns by name, which one tensor does not have.
        graph = _to_onnx(pipeline, task, columns)
        _join_inputs(graph.graph)
    else:
        graph = _to_onnx(pipeline, task, [(INPUT, _tensor(task.features[0], len(columns)))])
    _name_outputs(graph.graph, outputs)
    _drop_unused_weights(graph.graph)
    graph.opset_import.sort(key=lambda used: used.domain)  # its order depends on Python's hash seed
    onnx.checker.check_model(graph)
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def _outputs(pipeline: Any, task: Task) -> list[str]:
    if task.kind == "regression":
        return ["prediction"]
    return ["label", "probabilities"] if hasattr(pipeline, "predict_proba") else ["label"]


def _tensor(feature: Feature, width: int) -> Any:
    return _TENSORS[feature.datatype]([None, width])


def _to_onnx(pipeline: Any, task: Task, inputs: list[tuple[str, Any]]) -> onnx.ModelProto:
    # cdist is one operator of onnxruntime; without it the distances are a loop in the graph, 50 times slower.
    options: dict[Any, Any] = {kind: {"optim": "cdist"} for kind in (KNeighborsClassifier, KNeighborsRegressor)}
    if is_classifier(pipeline):  # a table of probabilities, not a list of dictionaries
        options[id(pipeline)] = options.get(type(pipeline), {}) | {"zipmap": False}
    graph: onnx.ModelProto = to_onnx(
        pipeline, initial_types=inputs, options=options, target_opset=OPSET, name=task.name
    )
    return graph


def _join_inputs(graph: onnx.GraphProto) -> None:
    """Replace the inputs [-1, 1] by one input [-1, number of features]."""
    kind = graph.input[0].type.tensor_type.elem_type
    columns = {value.name: f"column_{place}" for place, value in enumerate(graph.input)}
    _rename(graph, columns)
    split = helper.make_node("Split", [INPUT], list(columns.values()), axis=1, num_outputs=len(columns))
    graph.node.insert(0, split)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(INPUT, kind, [None, len(columns)]))


def _name_outputs(graph: onnx.GraphProto, names: list[str]) -> None:
    """Rename the first outputs and drop the others: a classifier without probabilities has scores there."""
    del graph.output[len(names) :]
    _rename(graph, {value.name: name for value, name in zip(graph.output, names, strict=True)})


def _rename(graph: onnx.GraphProto, names: dict[str, str]) -> None:
    """Rename tensors; a tensor that already has one of the new names gets another."""
    names = {new: f"{new}_inside" for old, new in names.items() if old != new} | names
    for node in graph.node:
        for ends in (node.input, node.output):
            ends[:] = [names.get(end, end) for end in ends]
    for value in (*graph.input, *graph.output, *graph.initializer):
        value.name = names.get(value.name, value.name)


def _drop_unused_weights(graph: onnx.GraphProto) -> None:
    """Drop weights that no node reads: onnxruntime warns about each of them at every start."""
    used = set(_read_tensors(graph))
    kept = [weight for weight in graph.initializer if weight.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _read_tensors(graph: onnx.GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            yield from _read_tensors(attribute.g)
