"""What the pictures of the training look like: the yardstick for drift later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from model.train.data_statistics import describe
from model.train.picture.evaluate import Array, Ask
from model.train.picture.fitted import Fitted


def distribution(fitted: Fitted, ask: Ask, strangeness: Array, labels: Sequence[str]) -> dict[str, Any]:
    """Of what it was fitted on, and of its answers to that; the strangeness is of the pictures put aside."""
    pictures, classes = fitted.known

    def named(places: Array) -> pd.Series[Any]:
        return pd.Series(np.array(labels)[places])

    rows, answers = pd.DataFrame(index=range(len(classes))), ask(pictures / 255).labels
    return describe(rows, (), target=named(classes), answers=named(answers)) | {
        "strangeness": {"count": len(strangeness), "deciles": np.quantile(strangeness, np.arange(1, 10) / 10).tolist()},
        "pixels": {"mean": float(pictures.mean() / 255), "sd": float(pictures.std() / 255)},
    }
