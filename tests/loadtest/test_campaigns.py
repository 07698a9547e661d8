"""The media campaigns that the load test sends: synthetic rows, distributed as the model's training statistics.

`python -m tests.loadtest.test_campaigns` writes them again.
"""

import csv
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from loadtest import cost
from model import bundle
from model.bring.check import open_graph
from tests.conftest import ROOT

SHIPPED = bundle.load(ROOT / "model" / "bundles" / "media_cost")
STATISTICS: Mapping[str, Any] = json.loads((SHIPPED.folder / "statistics.json").read_text())
COUNT = 512
CANDIDATES = 40_000
ROUNDS = 30  # after which the weights do not change any more
DECIMALS = {"store_sales(in millions)": 2, "gross_weight": 1}
PREDICTION = "prediction"


def binned(values: NDArray[Any], seen: Mapping[str, Any]) -> NDArray[np.intp]:
    return np.searchsorted(seen["edges"], values)


def described() -> dict[str, Any]:
    return {**STATISTICS["features"], PREDICTION: STATISTICS["answers"]}


def with_prediction(rows: pd.DataFrame) -> pd.DataFrame:
    values = rows[list(SHIPPED.task.names)].to_numpy(np.float64)
    return rows.assign(**{PREDICTION: open_graph(SHIPPED.onnx)({"input": values})["prediction"].ravel()})


def drawn() -> pd.DataFrame:
    """Return rows whose columns and predictions are distributed as in training.

    Each column is drawn on its own, from the middle of a bin. Weights of the rows, by iterative proportional fitting,
    then make the predictions fit, too: drawn alone, the columns give predictions with a stability index of 0.3.
    """
    random = np.random.default_rng(0)
    columns = {}
    for name, seen in STATISTICS["features"].items():
        ends = np.array([seen["minimum"], *seen["edges"], seen["maximum"]])
        share = np.array(seen["counts"]) / seen["count"]
        middles = ((ends[1:] + ends[:-1]) / 2).round(DECIMALS.get(name, 0))
        columns[name] = random.choice(middles, CANDIDATES, p=share)
    candidates = with_prediction(pd.DataFrame(columns))
    weights = np.ones(CANDIDATES)
    for _ in range(ROUNDS):
        for name, seen in described().items():
            bins = binned(candidates[name].to_numpy(), seen)
            wanted = np.array(seen["counts"]) / seen["count"]
            weights *= (wanted / np.bincount(bins, weights, len(wanted)))[bins]
    chosen = candidates.sample(COUNT, weights=weights, random_state=0)
    return chosen[list(SHIPPED.task.names)]


def test_rows_are_drawn_from_the_statistics_of_the_shipped_model() -> None:
    assert drawn().to_dict("records") == cost.read_rows()


def test_no_value_is_outside_what_was_seen_in_training() -> None:
    for feature in SHIPPED.task.features:
        values = {row[feature.name] for row in cost.read_rows()}
        assert feature.minimum is not None
        assert feature.maximum is not None
        assert feature.minimum <= min(values) < max(values) <= feature.maximum


@pytest.mark.parametrize("name", [*STATISTICS["features"], PREDICTION])
def test_a_load_test_does_not_look_like_drift(name: str) -> None:
    seen = described()[name]
    counts = np.bincount(
        binned(with_prediction(pd.DataFrame(cost.read_rows()))[name].to_numpy(), seen), minlength=len(seen["counts"])
    )
    actual, expected = (counts + 0.5) / (counts + 0.5).sum(), np.array(seen["counts"]) / seen["count"]
    stability = ((actual - expected) * np.log(actual / expected)).sum()
    assert stability < 0.05, "the alert in k8s/monitoring/rules.yaml begins at 0.1"


if __name__ == "__main__":
    table = drawn()
    plain = [{name: f"{value:.15g}" for name, value in row.items()} for row in table.to_dict("records")]
    with (ROOT / "loadtest" / "campaigns.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table), lineterminator="\n")
        writer.writeheader()
        writer.writerows(plain)
