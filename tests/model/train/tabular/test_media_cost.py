"""The media-cost model: the bundle that ships, and how its graph is made."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import model
from model import bundle, show
from model.bring.check import check_conversion, open_graph
from model.bring.onnx import convert
from model.train.tabular import campaigns, media_cost
from model.train.tabular.media_cost_card import GOAL

SHIPPED = Path(model.__file__).parent / "bundles" / "media_cost"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Return rows like the real ones: decimal sales, small counts, and flags."""
    random = np.random.default_rng(0)
    flags = [name for name, (_, meaning) in campaigns.COLUMNS.items() if meaning.startswith("Whether")]
    highest = dict.fromkeys(campaigns.COLUMNS, 5) | dict.fromkeys(flags, 1) | {"store_sqft": 40_000}
    return pd.DataFrame({name: random.integers(0, high, 401, endpoint=True) * 1.0 for name, high in highest.items()})


def test_the_graph_equals_the_model_at_every_threshold(rows: pd.DataFrame) -> None:
    target = 60 + 10 * rows["total_children"].to_numpy() + rows["store_sqft"].to_numpy() / 1_000
    fitted = media_cost.fit(rows, target)
    assert {"total_children", "store_sqft"} <= {*media_cost.columns_of(fitted)} != {*rows.columns}
    task = campaigns.task(rows)
    around = media_cost.at_thresholds(fitted, rows)
    check = check_conversion(fitted, open_graph(media_cost.undo_log(convert(fitted.regressor_, task))), task, around)
    assert check.holds
    assert check.rows >= 30


def test_rows_equal_in_all_columns_share_a_fold(rows: pd.DataFrame) -> None:
    """Of a target that is different noise for each row and its copy, no fit can know anything."""
    noise = np.random.default_rng(1).uniform(50, 150, len(rows))
    doubled, target = pd.concat([rows, rows], ignore_index=True), np.concatenate([noise, noise])
    metrics = media_cost.evaluate(doubled, target, ["store_sqft"], lambda _: None)
    assert metrics["five_fold"]["rmsle"] > 0.95 * metrics["constant_mean"]["rmsle"]


def test_the_bundle_that_ships_beats_the_goal_and_says_that_it_is_near_noise() -> None:
    shipped = bundle.load(SHIPPED)
    figures = shipped.card["metrics"]
    assert figures["five_fold"]["rmsle"] <= GOAL < figures["constant_mean"]["rmsle"]
    assert figures["five_fold"]["rmsle"] < figures["unseen_combinations"]["rmsle"]
    assert "near noise" in shipped.card["limits"][0]
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 500_000
    assert "Answer: cost in dollars, with 2 decimals." in show.readable(shipped)


def test_the_shipped_graph_answers_its_example() -> None:
    shipped = bundle.load(SHIPPED)
    values = np.array([list(shipped.task.example.values())], np.float64)
    (cost,) = open_graph(shipped.onnx)({"input": values})["prediction"].ravel()
    assert math.isclose(cost, 105.41, abs_tol=0.005)
