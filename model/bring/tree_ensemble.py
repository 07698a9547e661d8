"""Boosted trees in one form, whichever package fitted them, and their nodes in an ONNX graph.

onnxmltools has converters too, and catboost an export. Of the 57 served models of tests/model/bring/booster_models.py
they refuse 6 and convert 11 to wrong predictions on new rows, once the column names are taken out of xgboost's models,
which they otherwise refuse. With these converters all 57 predict as the models do: test_boosters.py compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from onnx.helper import tensor_dtype_to_np_dtype
from skl2onnx.common.data_types import StringTensorType, guess_proto_type

from model.bring.nodes import added, constant

LEAF = -1

Link = Literal["identity", "exponential", "logistic", "softmax", "signed square", "step"]


class Tree(NamedTuple):
    """One tree: an array for each property of its nodes, of which the first is the root.

    Attributes:
        feature: The column that a node tests.
        threshold: What the value is compared with.
        true: The node to go on with if the test holds, or LEAF.
        false: The node to go on with if it does not, or LEAF.
        missing_true: Whether the test holds for a missing value.
        values: What a leaf adds to the outputs, of shape [nodes, len(outputs)].
        outputs: The outputs that the tree adds to.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    true: NDArray[np.int64]
    false: NDArray[np.int64]
    missing_true: NDArray[np.bool_]
    values: NDArray[np.float64]
    outputs: NDArray[np.int64]


@dataclass(frozen=True)
class TreeEnsemble:
    """The sum of trees, and what is made of it.

    Attributes:
        trees: The trees that count: those after the best iteration are left out.
        test: How a value is compared with a threshold.
        base: What each output starts with.
        link: How the sums become the prediction or the probabilities.
        single: Whether values are rounded to single precision before they are compared.
        missing: A number that counts as missing, as NaN always does.
    """

    trees: list[Tree]
    test: Literal["BRANCH_LT", "BRANCH_LEQ", "BRANCH_GT"]
    base: NDArray[np.float64]
    link: Link
    single: bool
    missing: float = np.nan

    def switches(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the columns, and the numbers up to which a value stays on one side of a threshold."""
        inner = np.concatenate([tree.true for tree in self.trees]) != LEAF
        columns, numbers = (np.concatenate([tree[field] for tree in self.trees])[inner] for field in (0, 1))
        if self.single:  # the value is rounded to the threshold from halfway to the number before or after it
            beside = np.nextafter(
                numbers.astype(np.float32), np.float32(np.inf if self.test == "BRANCH_GT" else -np.inf)
            )
            numbers = (numbers + beside) / 2
        columns, numbers = np.unique([columns, numbers], axis=1)
        return columns.astype(np.intp), numbers


def write(ensemble: TreeEnsemble, scope: Any, operator: Any, container: Any, *, raw: bool) -> None:
    """Add the nodes that compute the operator's outputs: a prediction, or a label and probabilities.

    Args:
        ensemble: The trees.
        scope: skl2onnx's names.
        operator: The booster, with its inputs and outputs.
        container: Where the nodes go.
        raw: Whether to output the sums in place of probabilities, as CalibratedClassifierCV uses them.
    """
    add, number = partial(added, scope, container), guess_proto_type(operator.outputs[-1].type)
    values = _values(ensemble, scope, operator.inputs[0].full_name, container)
    sums = add("TreeEnsembleRegressor", [values], domain="ai.onnx.ml", **_attributes(ensemble))
    sums = add("Cast", [sums], to=number)
    linked = sums if raw else _linked(ensemble.link, sums, add)
    if len(operator.outputs) == 1:
        add("Identity", [linked], operator.outputs[0].full_name)
        return
    if len(ensemble.base) == 1:  # of the second of two classes
        one = constant(scope, container, np.ones(1, tensor_dtype_to_np_dtype(number)))
        linked = add("Concat", [add("Neg", [linked]) if raw else add("Sub", [one, linked]), linked], axis=1)
    probabilities = add("Identity", [linked], operator.outputs[1].full_name)
    likeliest = add("ArgMax", [probabilities], axis=1, keepdims=0)
    classes = scope.get_unique_variable_name("classes")
    strings = isinstance(operator.outputs[0].type, StringTensorType)
    known = [value.encode() if strings else int(value) for value in operator.raw_operator.classes_]
    kind = TensorProto.STRING if strings else TensorProto.INT64
    container.add_initializer(classes, kind, [len(known)], known)
    add("Gather", [classes, likeliest], operator.outputs[0].full_name)


def _values(ensemble: TreeEnsemble, scope: Any, name: str, container: Any) -> str:
    """Return the input as the trees compare it: in double precision, in which single precision is exact."""
    add = partial(added, scope, container)
    if ensemble.single:
        name = add("Cast", [name], to=TensorProto.FLOAT)
    name = add("Cast", [name], to=TensorProto.DOUBLE)
    if np.isnan(ensemble.missing):
        return name
    marker, nan = (constant(scope, container, np.array([value])) for value in (ensemble.missing, np.nan))
    return add("Where", [add("Equal", [name, marker]), nan, name])


def _attributes(ensemble: TreeEnsemble) -> dict[str, Any]:
    trees = ensemble.trees
    sizes = [len(tree.feature) for tree in trees]
    leaves = [np.flatnonzero(tree.true == LEAF) for tree in trees]
    weights = [tree.values[nodes].ravel() for tree, nodes in zip(trees, leaves, strict=True)]
    inner = np.concatenate([tree.true != LEAF for tree in trees])
    return {
        "nodes_treeids": np.repeat(np.arange(len(trees)), sizes).tolist(),
        "nodes_nodeids": np.concatenate([np.arange(size) for size in sizes]).tolist(),
        "nodes_featureids": np.where(inner, np.concatenate([tree.feature for tree in trees]), 0).tolist(),
        "nodes_modes": np.where(inner, ensemble.test, "LEAF").tolist(),
        "nodes_values_as_tensor": _doubles([np.where(inner, np.concatenate([tree.threshold for tree in trees]), 0)]),
        "nodes_truenodeids": np.where(inner, np.concatenate([tree.true for tree in trees]), 0).tolist(),
        "nodes_falsenodeids": np.where(inner, np.concatenate([tree.false for tree in trees]), 0).tolist(),
        "nodes_missing_value_tracks_true": np.concatenate([tree.missing_true for tree in trees]).astype(int).tolist(),
        "target_treeids": np.repeat(np.arange(len(trees)), [len(values) for values in weights]).tolist(),
        "target_nodeids": np.concatenate(
            [np.repeat(nodes, len(tree.outputs)) for tree, nodes in zip(trees, leaves, strict=True)]
        ).tolist(),
        "target_ids": np.concatenate(
            [np.tile(tree.outputs, len(nodes)) for tree, nodes in zip(trees, leaves, strict=True)]
        ).tolist(),
        "target_weights_as_tensor": _doubles(weights),
        "base_values_as_tensor": _doubles([ensemble.base]),
        "n_targets": len(ensemble.base),
    }


def _doubles(parts: list[NDArray[Any]]) -> TensorProto:
    return numpy_helper.from_array(np.concatenate(parts).astype(np.float64))


def _linked(link: Link, sums: str, add: Callable[..., str]) -> str:
    match link:
        case "identity":
            return sums
        case "exponential":
            return add("Exp", [sums])
        case "logistic":
            return add("Sigmoid", [sums])
        case "softmax":
            return add("Softmax", [sums], axis=1)
        case "signed square":
            return add("Mul", [sums, add("Abs", [sums])])
        case "step":  # 1 above 0, else 0; the sign of 0 is 0
            return add("Relu", [add("Sign", [sums])])
