"""Converts histogram gradient boosting, which compares in double precision.

The double-precision graph of skl2onnx 1.20 has attributes of a version of the operator that onnxruntime does not run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto
from onnx.numpy_helper import from_array
from skl2onnx import update_registered_converter
from skl2onnx._supported_operators import sklearn_operator_name_map
from skl2onnx.common._registration import get_converter, get_shape_calculator
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from model.bring.nodes import add_classes, added, floor


def allow_double_precision() -> None:
    for kind in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
        name = sklearn_operator_name_map[kind]
        options = get_converter(name).get_allowed_options()
        update_registered_converter(kind, name, get_shape_calculator(name), _convert, options=options)


def _convert(scope: Any, operator: Any, container: Any) -> None:
    model = operator.raw_operator
    given = operator.inputs[0]
    single = isinstance(given.type, FloatTensorType)
    values = given.full_name if single else added(scope, container, "Cast", [given.full_name], to=TensorProto.DOUBLE)
    attributes = _attributes(model, single=single)
    raw = added(scope, container, "TreeEnsembleRegressor", [values], domain="ai.onnx.ml", op_version=3, **attributes)
    outputs = operator.outputs
    if not hasattr(model, "classes_"):
        computed = added(scope, container, "Exp", [raw]) if type(model._loss.link).__name__ == "LogLink" else raw
    elif model.n_trees_per_iteration_ > 1:
        add_classes(scope, container, raw, model.classes_, outputs[0].full_name)
        computed = added(scope, container, "Softmax", [raw], axis=1)
    else:
        both = added(scope, container, "Concat", [added(scope, container, "Neg", [raw]), raw], axis=1)
        add_classes(scope, container, both, model.classes_, outputs[0].full_name)
        computed = added(scope, container, "Sigmoid", [both])
    kind = TensorProto.DOUBLE if isinstance(outputs[-1].type, DoubleTensorType) else TensorProto.FLOAT
    added(scope, container, "Cast", [computed], outputs[-1].full_name, to=kind)


def _attributes(model: Any, *, single: bool) -> dict[str, Any]:
    """Return the attributes of the ONNX operator TreeEnsembleRegressor for the sum of the trees."""
    trees = [(target, tree.nodes) for trees in model._predictors for target, tree in enumerate(trees)]
    nodes: Any = np.concatenate([nodes for _, nodes in trees])
    if nodes["is_categorical"].any():
        raise ValueError("its histogram gradient boosting splits on categories")
    counts = [len(nodes) for _, nodes in trees]
    ids = np.concatenate([np.arange(count) for count in counts])
    trees_of = np.repeat(np.arange(len(trees)), counts)
    targets_of = np.repeat([target for target, _ in trees], counts)
    leaf = nodes["is_leaf"] == 1
    inner: dict[str, Any] = {
        name: np.where(leaf, 0, nodes[name]) for name in ("feature_idx", "left", "right", "num_threshold")
    }
    numbers = {
        "nodes_values": floor(inner["num_threshold"]) if single else inner["num_threshold"],
        "target_weights": nodes["value"][leaf],
        "base_values": np.ravel(model._baseline_prediction),
    }
    dtype = np.float32 if single else np.float64
    return {
        "n_targets": model.n_trees_per_iteration_,
        "nodes_treeids": trees_of,
        "nodes_nodeids": ids,
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_featureids": inner["feature_idx"].astype(np.int64),
        "nodes_truenodeids": inner["left"].astype(np.int64),
        "nodes_falsenodeids": inner["right"].astype(np.int64),
        "nodes_missing_value_tracks_true": nodes["missing_go_to_left"].astype(np.int64),
        "target_treeids": trees_of[leaf],
        "target_nodeids": ids[leaf],
        "target_ids": targets_of[leaf],
    } | {f"{name}_as_tensor": from_array(values.astype(dtype), name) for name, values in numbers.items()}
