"""A fitted network as it is served, with the task and the statistics that go into its bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.train.data_statistics import describe, numbers
from model.train.picture.evaluate import Array, Predict

Pictures = NDArray[np.uint8]
Classes = NDArray[np.int64]
Examples = tuple[Pictures, Classes]  # pictures [n, height, width] and their class indices [n]


@dataclass(frozen=True)
class Fitted:
    """A fitted network.

    Attributes:
        graph: The ONNX graph, as `model.task` describes it.
        parameters: How many weights the network has.
        temperature: What its logits are divided by.
        recipe: How it was fitted.
        train: What it was fitted on.
        calibration: What the temperature and the out-of-distribution threshold were set on.
    """

    graph: bytes
    parameters: int
    temperature: float
    recipe: Mapping[str, Any]
    train: Examples
    calibration: Examples

    @property
    def summary(self) -> dict[str, Any]:
        """What the card says about the fit."""
        return {
            "train": len(self.train[1]),
            "calibration": len(self.calibration[1]),
            "parameters": self.parameters,
            "temperature": round(self.temperature, 4),
            **self.recipe,
        }


def training_statistics(fitted: Fitted, predict: Predict, ood_scores: Array, labels: Sequence[str]) -> dict[str, Any]:
    """Return statistics of the training pictures and of the predictions for them, as a baseline for drift.

    Args:
        fitted: The network, with its training pictures.
        predict: Runs its graph.
        ood_scores: The out-of-distribution scores [n] of the calibration pictures: those of the training pictures
            would be too low.
        labels: The names of the classes.
    """
    pictures, classes = fitted.train

    def named(indices: Array) -> pd.Series[Any]:
        return pd.Series(np.array(labels)[indices])

    rows, predicted = pd.DataFrame(index=range(len(classes))), predict(pictures / 255).labels
    return describe(rows, (), target=named(classes), answers=named(predicted)) | {
        "strangeness": numbers(pd.Series(ood_scores)),
        "pixels": {"mean": float(pictures.mean() / 255), "sd": float(pictures.std() / 255)},
    }
