"""The columns are chosen that say something about the target."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

from model.train.tabular.informative import informative_columns

RANDOM = np.random.default_rng(0)
ROWS = pd.DataFrame({name: RANDOM.uniform(0, 1, 3_000) for name in ("noise", "level", "more_noise", "slope")})
MODEL = HistGradientBoostingRegressor(max_iter=30)


def test_columns_of_noise_are_left_out() -> None:
    target = (ROWS["level"] > 0.5) + ROWS["slope"].to_numpy() + RANDOM.normal(0, 0.1, len(ROWS))
    assert informative_columns(MODEL, ROWS, target.to_numpy(), np.arange(len(ROWS)), 0) == ["level", "slope"]


def test_all_columns_are_kept_if_none_says_anything() -> None:
    nothing = np.random.default_rng(3).uniform(0, 1, len(ROWS))
    assert informative_columns(MODEL, ROWS, nothing, np.arange(len(ROWS)), 0) == list(ROWS.columns)


def test_groups_are_not_divided() -> None:
    """What is noise between groups but the same within each would look informative if they could be divided."""
    groups = np.repeat(np.arange(20), len(ROWS) // 20)
    rows, target = ROWS.assign(level=groups), np.random.default_rng(2).uniform(0, 1, 20)[groups]
    assert informative_columns(MODEL, rows, target, np.arange(len(rows)), 0) == ["level"]
    assert informative_columns(MODEL, rows, target, groups, 0) != ["level"]
