"""Converts decision trees and forests exactly: they round their input to single precision before they compare.

skl2onnx 1.20 compares in double precision what it gets in double precision
(https://onnx.ai/sklearn-onnx/auto_tutorial/plot_ebegin_float_double.html), weighs the votes of a forest with 1/trees,
whose rounded sum decides where two classes have as many votes, and does not know trees that split on missing values.
It takes 40 s for a forest of four million nodes; the arrays of the trees take 4 s.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx import update_registered_converter
from skl2onnx._supported_operators import sklearn_operator_name_map
from skl2onnx.common._registration import get_converter, get_shape_calculator
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from model.bring.nodes import add_classes, added, floor

Convert = Callable[[Any, Any, Any], None]

_AVERAGED = (
    *(DecisionTreeClassifier, ExtraTreeClassifier, RandomForestClassifier, ExtraTreesClassifier),
    *(DecisionTreeRegressor, ExtraTreeRegressor, RandomForestRegressor, ExtraTreesRegressor),
)
_BOOSTED = (GradientBoostingClassifier, GradientBoostingRegressor)


def allow_exact_trees() -> None:
    for kind in (*_AVERAGED, *_BOOSTED):
        name = sklearn_operator_name_map[kind]
        known = get_converter(name)
        if getattr(known, "exact", False):
            continue
        update_registered_converter(
            kind,
            name,
            get_shape_calculator(name),
            _in_single_precision(_convert if kind in _AVERAGED else known),
            options=known.get_allowed_options(),
        )
        get_converter(name).exact = True


def _in_single_precision(convert: Convert) -> Convert:
    """Return a converter that rounds the input to single precision, and gives outputs the type that is expected."""

    def converted(scope: Any, operator: Any, container: Any) -> None:
        given = operator.inputs[0]
        rounded = added(scope, container, "Cast", [given.full_name], to=TensorProto.FLOAT)
        outputs = [
            SimpleNamespace(type=output.type, full_name=scope.get_unique_variable_name("single"))
            if isinstance(output.type, DoubleTensorType)
            else output
            for output in operator.outputs
        ]
        inner = SimpleNamespace(
            raw_operator=operator.raw_operator,
            inputs=[SimpleNamespace(type=FloatTensorType(given.type.shape), full_name=rounded)],
            input_full_names=[rounded],
            outputs=outputs,
            output_full_names=[output.full_name for output in outputs],
        )
        convert(scope, inner, container)
        for wanted, single in zip(operator.outputs, outputs, strict=True):
            if wanted is not single:
                added(scope, container, "Cast", [single.full_name], wanted.full_name, to=TensorProto.DOUBLE)

    return converted


def _convert(scope: Any, operator: Any, container: Any) -> None:
    model = operator.raw_operator
    trees = [tree.tree_ for tree in getattr(model, "estimators_", [model])]
    is_classifier = hasattr(model, "classes_")
    if is_classifier and model.n_outputs_ > 1:
        raise ValueError("its trees predict several classes per row")
    given = operator.inputs[0].full_name
    averages = operator.outputs[-1].full_name
    added(scope, container, "TreeEnsembleRegressor", [given], averages, domain="ai.onnx.ml", **_attributes(trees))
    if is_classifier:
        add_classes(scope, container, averages, model.classes_, operator.outputs[0].full_name)


def _attributes(trees: list[Any]) -> dict[str, Any]:
    """Return the attributes of the ONNX operator TreeEnsembleRegressor for the average of the trees."""
    counts = [tree.node_count for tree in trees]
    inner = np.concatenate([tree.children_left for tree in trees]) >= 0
    ids = np.concatenate([np.arange(count) for count in counts])
    trees_of = np.repeat(np.arange(len(trees)), counts)
    values = np.concatenate([_values(tree) for tree in trees])[~inner]
    width = values.shape[1]
    return {
        "aggregate_function": "AVERAGE",
        "n_targets": width,
        "nodes_treeids": trees_of,
        "nodes_nodeids": ids,
        "nodes_modes": np.where(inner, "BRANCH_LEQ", "LEAF").tolist(),
        "nodes_featureids": _of_nodes(trees, "feature", inner),
        "nodes_values": floor(_of_nodes(trees, "threshold", inner)),
        "nodes_truenodeids": _of_nodes(trees, "children_left", inner),
        "nodes_falsenodeids": _of_nodes(trees, "children_right", inner),
        "nodes_missing_value_tracks_true": _of_nodes(trees, "missing_go_to_left", inner).astype(np.int64),
        "target_treeids": np.repeat(trees_of[~inner], width),
        "target_nodeids": np.repeat(ids[~inner], width),
        "target_ids": np.tile(np.arange(width), len(values)),
        "target_weights": values.ravel().astype(np.float32),
    }


def _values(tree: Any) -> NDArray[np.float64]:
    values: NDArray[np.float64] = tree.value.reshape(tree.node_count, -1)
    # Before scikit-learn 1.3 a classifier's tree has counts of rows, not the parts of them.
    counted = not hasattr(tree, "missing_go_to_left") and tree.max_n_classes > 1
    return values / values.sum(axis=1, keepdims=True) if counted else values


def _of_nodes(trees: list[Any], name: str, inner: NDArray[np.bool_]) -> NDArray[Any]:
    # Before scikit-learn 1.3 trees did not split on missing values.
    values = np.concatenate([getattr(tree, name, np.zeros(tree.node_count, np.uint8)) for tree in trees])
    return np.where(inner, values, np.zeros((), values.dtype))
