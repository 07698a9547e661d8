"""Chooses the columns that say something about the target: those whose shuffling makes held-out predictions worse.

A tree splits on noise, too, where there is nothing better, and each such split costs accuracy. The choice must be made
again in each training part of an evaluation, or the figures are those of rows that it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GroupKFold

FOLDS = 3
SHUFFLES = 3  # of each column in each fold
SURE = 2  # standard deviations between no loss and the mean loss of accuracy

Array = NDArray[Any]


def informative_columns(model: Any, rows: pd.DataFrame, target: Array, groups: Array, seed: int) -> Sequence[str]:
    """Return the columns that the model gains from, or all if there is none.

    Args:
        model: An untrained regression of all columns, which is cloned.
        rows: The rows, of numbers.
        target: What to predict, [n].
        groups: Equal for rows that must be in the same fold, [n].
        seed: Of the folds and the shuffling.
    """
    losses = []
    for fitted_on, held_out in GroupKFold(FOLDS, shuffle=True, random_state=seed).split(rows, target, groups):
        fitted = clone(model).fit(rows.iloc[fitted_on], target[fitted_on])
        measured = permutation_importance(
            fitted,
            rows.iloc[held_out],
            target[held_out],
            scoring="neg_mean_squared_error",
            n_repeats=SHUFFLES,
            random_state=seed,
        )
        losses.append(measured.importances)
    lost = np.concatenate(losses, axis=1)
    useful = lost.mean(axis=1) > SURE * lost.std(axis=1)
    return [name for name, gains in zip(rows.columns, useful, strict=True) if gains] or list(rows.columns)
