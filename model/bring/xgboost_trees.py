"""Reads the trees of a model of xgboost."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from model.bring.tree_ensemble import Link, Tree, TreeEnsemble

_LINKS: dict[str, Link] = {
    "binary:hinge": "step",
    "binary:logistic": "logistic",
    "count:poisson": "exponential",
    "multi:softmax": "softmax",
    "multi:softprob": "softmax",
    "reg:absoluteerror": "identity",
    "reg:gamma": "exponential",
    "reg:logistic": "logistic",
    "reg:pseudohubererror": "identity",
    "reg:quantileerror": "identity",
    "reg:squarederror": "identity",
    "reg:squaredlogerror": "identity",
    "reg:tweedie": "exponential",
}


def read(model: Any) -> TreeEnsemble:
    """Return the trees of an XGBClassifier, an XGBRegressor or one of their random forests.

    Raises:
        ValueError: It has something that the trees of ONNX do not.
    """
    booster = model.get_booster()
    learner = json.loads(booster.save_raw(raw_format="json"))["learner"]
    objective, parameters = learner["objective"]["name"], learner["learner_model_param"]
    if objective not in _LINKS:
        raise ValueError(f"ONNX has no form for xgboost's objective {objective!r}")
    link = _LINKS[objective]
    trees = _trees(learner["gradient_booster"], _rounds(booster))
    base = np.atleast_1d(np.array(json.loads(parameters["base_score"]), np.float64))
    outputs = max(1, int(parameters["num_class"]), int(parameters.get("num_target", 1)))
    return TreeEnsemble(
        trees, "BRANCH_LT", np.broadcast_to(_margin(base, link), (outputs,)), link, single=True, missing=model.missing
    )


def _rounds(booster: Any) -> int | None:
    """Return how many rounds predictions use: those up to the best one if training was stopped early."""
    best = booster.attr("best_iteration")
    return None if best is None else int(best) + 1


def _trees(gradient_booster: dict[str, Any], rounds: int | None) -> list[Tree]:
    if gradient_booster["name"] == "gblinear":
        raise ValueError("xgboost's booster 'gblinear' has no trees; fit a LogisticRegression or a LinearRegression")
    dart = gradient_booster["name"] == "dart"
    model = (gradient_booster["gbtree"] if dart else gradient_booster)["model"]
    used = None if rounds is None else model["iteration_indptr"][rounds]
    weights = gradient_booster["weight_drop"] if dart else [1.0] * len(model["trees"])
    return [
        _tree(tree, output, weight)
        for tree, output, weight in list(zip(model["trees"], model["tree_info"], weights, strict=True))[:used]
    ]


def _tree(tree: dict[str, Any], output: int, weight: float) -> Tree:
    if tree["categories"]:
        raise ValueError("its trees split on categories (enable_categorical); put a OneHotEncoder before them")
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise ValueError("its trees predict several numbers each (multi_strategy); fit it with one_output_per_tree")
    # A leaf's value stands in its place. The file has the fewest digits that identify a number of single precision.
    conditions = np.array(tree["split_conditions"], np.float32).astype(np.float64)
    return Tree(
        feature=np.array(tree["split_indices"], np.int64),
        threshold=conditions,
        true=np.array(tree["left_children"], np.int64),
        false=np.array(tree["right_children"], np.int64),
        missing_true=np.array(tree["default_left"], np.bool_),
        values=conditions.reshape(-1, 1) * weight,
        outputs=np.array([output]),
    )


def _margin(base: Any, link: Link) -> Any:
    """Return what the sums start with; xgboost stores it as a prediction."""
    match link:
        case "logistic":
            return np.log(base) - np.log1p(-base)
        case "exponential":
            return np.log(base)
        case _:
            return base
