"""What the media-cost bundle says about its model for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model.bundle_write import versions
from model.train.metrics import Figures
from model.train.tabular import campaigns

GOAL = 0.305  # RMSLE


def card(
    used: Sequence[str], metrics: Mapping[str, Figures], verification: Mapping[str, Any], folds: str
) -> dict[str, Any]:
    """Return the card of a model that uses these columns; `folds` says how the figures' folds were drawn."""
    error, unseen, constant = (metrics[name]["rmsle"] for name in ("five_fold", "unseen_combinations", "constant_mean"))
    return {
        "title": "Cost of a media campaign",
        "summary": "Estimates what a media campaign costs from 15 columns about customer, product and shop.",
        "intended_use": "Demonstration of model serving and monitoring. Do not plan a budget with it.",
        "method": (
            f"Boosted trees on log(1 + cost), with scikit-learn's default settings, from {len(used)} of the columns: "
            f"{', '.join(used)}. These are the columns whose shuffling makes predictions for held-out rows worse."
        ),
        "limits": [
            f"The data are near noise: the RMSLE is {error:.4f}, and that of the mean of all costs is {constant:.4f}.",
            f"For customers and shops that were not in training together, the RMSLE is {unseen:.4f}.",
            "Most answers are close to the mean. They say little about a single campaign.",
            "The other columns are taken, since clients send them, but do not change the answer.",
            "The source does not say how the costs were measured.",
            *([] if error <= GOAL else [f"The RMSLE misses its goal, {GOAL}."]),
        ],
        "data": campaigns.SOURCE,
        "fits": {
            "shipped": "The model in this bundle is fitted on all rows, the ones below on four fifths of them.",
            "five_fold": (
                f"{folds}. Rows equal in all 15 columns are in the same fold. The columns "
                "are chosen again for each fold, without its rows."
            ),
            "unseen_combinations": "The same, with rows equal in the columns of the shipped model in the same fold.",
            "constant_mean": "Predicts the mean cost of the rows of the other folds.",
        },
        "metrics": metrics,
        "verification": verification,
        "versions": versions(),
    }
