"""Reads the trees of a model of catboost."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.bring.tree_ensemble import LEAF, Link, Tree, TreeEnsemble

_LINKS: dict[str, Link] = {
    "CrossEntropy": "logistic",
    "Expectile": "identity",
    "Huber": "identity",
    "LogCosh": "identity",
    "Logloss": "logistic",
    "Lq": "identity",
    "MAE": "identity",
    "MAPE": "identity",
    "MultiClass": "softmax",
    "MultiClassOneVsAll": "logistic",
    "MultiRMSE": "identity",
    "Poisson": "exponential",
    "Quantile": "identity",
    "RMSE": "identity",
    "Tweedie": "exponential",
}

Json = dict[str, Any]
Features = dict[int, Json]


class Node(NamedTuple):
    """A node of a tree: a test and the nodes to go on with, or the values of a leaf."""

    feature: int = 0
    border: float = 0.0
    missing_true: bool = False
    false: int = LEAF
    true: int = LEAF
    values: Sequence[float] = ()


def read(model: Any) -> TreeEnsemble:
    """Return the trees of a CatBoostClassifier or a CatBoostRegressor.

    Raises:
        ValueError: It has something that the trees of ONNX do not.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        saved = json.loads(path.read_text())
    if set(saved["features_info"]) - {"float_features"}:
        raise ValueError("it encodes catboost's own categories or texts; encode these columns by a step before it")
    loss = saved["model_info"]["params"]["loss_function"]["type"]
    if loss not in _LINKS:
        raise ValueError(f"ONNX has no form for catboost's loss {loss!r}")
    scale, bias = saved["scale_and_bias"]
    features = {feature["feature_index"]: feature for feature in saved["features_info"]["float_features"]}
    outputs = len(bias)
    if "oblivious_trees" in saved:
        trees = [_oblivious(tree, features, outputs) for tree in saved["oblivious_trees"]]
    else:
        trees = [_nested(tree, features) for tree in saved["trees"]]
    return TreeEnsemble(
        [_tree(nodes, scale, outputs) for nodes in trees],
        "BRANCH_GT",
        np.array(bias, np.float64),
        _LINKS[loss],
        single=True,
    )


def _oblivious(tree: Json, features: Features, outputs: int) -> list[Node]:
    """Return the nodes of a tree whose nodes of one level share their split; the last split is the root's."""
    inner = [
        _inner(split, features, 2 * place + 1)
        for level, split in enumerate(reversed(tree["splits"]))
        for place in range(2**level - 1, 2 ** (level + 1) - 1)
    ]
    values = tree["leaf_values"]
    return inner + [Node(values=values[place : place + outputs]) for place in range(0, len(values), outputs)]


def _nested(root: Json, features: Features) -> list[Node]:
    nodes: list[Node] = []
    found = [root]
    for tree in found:  # grows while it is read
        if "split" in tree:
            nodes.append(_inner(tree["split"], features, len(found)))
            found += [tree["left"], tree["right"]]
        else:
            nodes.append(Node(values=np.atleast_1d(tree["value"]).tolist()))
    return nodes


def _inner(split: Json, features: Features, false: int) -> Node:
    """Return a node that is followed by the node `false` or, where the value is above the border, by the next one."""
    feature = features[split["float_feature_index"]]
    takes_missing = feature["nan_value_treatment"] == "AsTrue"
    return Node(feature["flat_feature_index"], split["border"], takes_missing, false, false + 1)


def _tree(nodes: list[Node], scale: float, outputs: int) -> Tree:
    return Tree(
        feature=np.array([node.feature for node in nodes]),
        threshold=np.array([node.border for node in nodes], np.float64),
        true=np.array([node.true for node in nodes]),
        false=np.array([node.false for node in nodes]),
        missing_true=np.array([node.missing_true for node in nodes]),
        values=scale * np.array([node.values or [0.0] * outputs for node in nodes], np.float64),
        outputs=np.arange(outputs),
    )
