"""Reads the trees of a model of lightgbm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from model.bring.tree_ensemble import LEAF, Link, Tree, TreeEnsemble

_LINKS: dict[str, Link] = {
    "binary": "logistic",
    "cross_entropy": "logistic",
    "fair": "identity",
    "gamma": "exponential",
    "huber": "identity",
    "mape": "identity",
    "multiclass": "softmax",
    "multiclassova": "logistic",
    "poisson": "exponential",
    "quantile": "identity",
    "regression": "identity",
    "regression_l1": "identity",
    "tweedie": "exponential",
}

Node = dict[str, Any]


def read(model: Any) -> TreeEnsemble:
    """Return the trees of an LGBMClassifier or an LGBMRegressor.

    Raises:
        ValueError: It has something that the trees of ONNX do not.
    """
    dumped = model.booster_.dump_model()  # up to the best iteration, if training was stopped early
    objective, *options = dumped.get("objective", "custom").split()
    if objective not in _LINKS:
        raise ValueError(f"ONNX has no form for lightgbm's objective {objective!r}")
    slope = next((float(option.partition(":")[2]) for option in options if option.startswith("sigmoid:")), 1.0)
    outputs = dumped["num_tree_per_iteration"]
    trees = [list(_nodes(tree["tree_structure"])) for tree in dumped["tree_info"]]
    # A random forest averages over its rounds.
    factor = slope * outputs / len(trees) if dumped.get("average_output") else slope
    zero_is_missing = any(node.get("missing_type") == "Zero" for nodes in trees for node in nodes)
    return TreeEnsemble(
        [_tree(nodes, place % outputs, factor) for place, nodes in enumerate(trees)],
        "BRANCH_LEQ",
        np.zeros(outputs),
        "signed square" if "sqrt" in options else _LINKS[objective],
        single=False,
        missing=0.0 if zero_is_missing else np.nan,
    )


def _nodes(root: Node) -> Iterator[Node]:
    """Yield each node after its parent."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node[child] for child in ("left_child", "right_child") if child in node)


def _tree(nodes: list[Node], output: int, factor: float) -> Tree:
    places = {id(node): place for place, node in enumerate(nodes)}
    if any(node.get("decision_type", "<=") != "<=" for node in nodes):
        raise ValueError("its trees split on categories; put a OneHotEncoder or an OrdinalEncoder before them")
    if any(node.get("leaf_coeff") for node in nodes):
        raise ValueError("its leaves are linear models; fit it without linear_tree")
    return Tree(
        feature=np.array([node.get("split_feature", 0) for node in nodes]),
        threshold=np.array([float(node.get("threshold", 0.0)) for node in nodes]),
        true=np.array([places[id(node["left_child"])] if "left_child" in node else LEAF for node in nodes]),
        false=np.array([places[id(node["right_child"])] if "right_child" in node else LEAF for node in nodes]),
        missing_true=np.array([_takes_missing(node) for node in nodes]),
        values=np.array([[factor * node.get("leaf_value", 0.0)] for node in nodes]),
        outputs=np.array([output]),
    )


def _takes_missing(node: Node) -> bool:
    if node.get("missing_type") == "None":  # no value was missing in training: NaN counts as zero
        return float(node["threshold"]) >= 0
    return bool(node.get("default_left", False))
