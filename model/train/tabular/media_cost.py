"""Trains the model of the cost of media campaigns: data → evaluate → choose columns → fit → save.

The trees have scikit-learn's default settings, and the choice of the columns is part of what the folds evaluate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from model.bring.check import check_conversion, open_graph
from model.bring.model_file import dump
from model.bring.onnx import convert
from model.bundle import Bundle
from model.bundle_write import save
from model.train import Log
from model.train.data_statistics import describe
from model.train.metrics import Figures, regression_figures
from model.train.tabular import campaigns
from model.train.tabular.informative import informative_columns
from model.train.tabular.media_cost_card import card

SEED = 0
FOLDS = 5
QUICK_ROWS = 4_000

Array = NDArray[Any]


def trees() -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(early_stopping=False, random_state=SEED)


def untrained(columns: Sequence[str]) -> TransformedTargetRegressor:
    """Return the model: it boosts trees on log(1 + cost), of which RMSLE is the root mean squared error."""
    chosen = ColumnTransformer([("used", "passthrough", list(columns))])
    pipeline = Pipeline([("choose", chosen), ("boost", trees())])
    return TransformedTargetRegressor(pipeline, func=np.log1p, inverse_func=np.expm1)


def fit(rows: pd.DataFrame, target: Array) -> TransformedTargetRegressor:
    """Return the model fitted on rows, with the columns that it gains from."""
    columns = informative_columns(trees(), rows, np.log1p(target), equal_in(rows, list(campaigns.COLUMNS)), SEED)
    return untrained(columns).fit(rows, target)


def columns_of(model: TransformedTargetRegressor) -> list[str]:
    """Return the columns that a fitted model uses."""
    (_, _, columns), *_ = model.regressor_.named_steps["choose"].transformers_
    return list(columns)


def train(output: Path, log: Log, quick: bool = False) -> Bundle:
    """Train, evaluate and write the bundle; two runs write the same bytes."""
    rows, target = campaigns.load()
    if quick:
        rows, target = rows[:QUICK_ROWS], target[:QUICK_ROWS]
    log(f"Data: {len(rows)} rows, {rows.shape[1]} features.")
    log(f"Fitting the model to ship on all {len(rows)} rows.")
    model = fit(rows, target)
    used = columns_of(model)
    log(f"It uses {', '.join(used)}.")
    metrics = evaluate(rows, target, used, log)
    task = campaigns.task(rows)
    log("Converting it to ONNX and comparing the predictions for every row, and at every threshold.")
    graph = undo_log(convert(model.regressor_, task))
    compared = pd.concat([rows, at_thresholds(model, rows)], ignore_index=True)
    check = check_conversion(model, open_graph(graph), task, compared)
    if not check.holds:
        raise RuntimeError(f"The predictions of the ONNX graph differ from the pipeline's: {check}.")
    statistics = describe(rows, task.features, target=pd.Series(target), answers=pd.Series(model.predict(rows)))
    return save(
        output,
        task,
        dump(model),
        graph,
        card(used, metrics, check.to_dict(), f"{FOLDS} folds, random_state {SEED}"),
        statistics,
    )


def undo_log(graph: bytes) -> bytes:
    """Return a graph that predicts exp(x) - 1 where the given one predicts x."""
    model = onnx.load_from_string(graph)
    (output,) = model.graph.output
    for node in model.graph.node:
        node.output[:] = ["logarithm" if name == output.name else name for name in node.output]
    kind = helper.tensor_dtype_to_np_dtype(output.type.tensor_type.elem_type)
    model.graph.initializer.append(numpy_helper.from_array(np.ones(1, kind), "one"))
    model.graph.node.append(helper.make_node("Exp", ["logarithm"], ["exponential"]))
    model.graph.node.append(helper.make_node("Sub", ["exponential", "one"], [output.name]))
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def at_thresholds(model: TransformedTargetRegressor, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows that have a value on, just below, or just above each threshold at which a tree splits."""
    boosted, used = model.regressor_.named_steps["boost"], columns_of(model)
    nodes = np.concatenate([tree.nodes for (tree,) in boosted._predictors])
    splits = {(int(node["feature_idx"]), float(node["num_threshold"])) for node in nodes[nodes["is_leaf"] == 0]}
    found = rows.iloc[np.arange(3 * len(splits)) % len(rows)].reset_index(drop=True)
    for place, (column, threshold) in enumerate(sorted(splits)):
        around = [np.nextafter(threshold, -np.inf), threshold, np.nextafter(threshold, np.inf)]
        found.loc[3 * place : 3 * place + 2, used[column]] = around
    return found


def equal_in(rows: pd.DataFrame, columns: Sequence[str]) -> Array:
    """Return a number for each row, the same for rows that are equal in these columns."""
    groups: Array = rows.groupby(list(columns), sort=False).ngroup().to_numpy()
    return groups


def evaluate(rows: pd.DataFrame, target: Array, used: Sequence[str], log: Log) -> dict[str, Figures]:
    """Return figures over all rows, each predicted by a fit without it and without the rows equal to it.

    Args:
        rows: The rows.
        target: Their costs.
        used: The columns of the model that ships. In a second evaluation no row is predicted by a fit that has seen
            another one with the same values in these.
        log: Gets the progress.
    """
    predicted, constant = held_out(rows, target, equal_in(rows, list(campaigns.COLUMNS)), log)
    unseen, _ = held_out(rows, target, equal_in(rows, used), log)
    figures = {"five_fold": predicted, "unseen_combinations": unseen, "constant_mean": constant}
    return {name: _figures(target, values) for name, values in figures.items()}


def held_out(rows: pd.DataFrame, target: Array, groups: Array, log: Log) -> tuple[Array, Array]:
    """Return for each row the prediction of the fit, and the mean cost, of the folds without its group."""
    predicted, constant = np.empty(len(rows)), np.empty(len(rows))
    folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for fold, (fitted_on, tested_on) in enumerate(folds.split(rows, target, groups), 1):
        model = fit(rows.iloc[fitted_on], target[fitted_on])
        log(f"Cross-validation: fold {fold} of {FOLDS} uses {', '.join(columns_of(model))}.")
        predicted[tested_on] = model.predict(rows.iloc[tested_on])
        constant[tested_on] = target[fitted_on].mean()
    return predicted, constant


def _figures(truth: Array, predicted: Array) -> Figures:
    error = np.sqrt(np.mean((np.log1p(predicted) - np.log1p(truth)) ** 2))
    return regression_figures(truth, predicted) | {"rmsle": round(float(error), 6)}
