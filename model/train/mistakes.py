"""The mistakes of a picture model, drawn on one sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model import bundle
from model.train.picture.contact_sheet import sheet
from model.train.picture.evaluate import predictor

SHOWN = 10  # mistakes on a sheet

Array = NDArray[Any]


@dataclass(frozen=True)
class TestSet:
    """Labelled pictures that the model was not fitted on."""

    __test__ = False  # pytest would take the class for one of tests

    pictures: Array  # [n, height, width] in 0–1, as the graph takes them
    classes: Array  # [n], indices of the task's classes
    groups: Array  # [n], equal for near copies


def draw(model: bundle.Bundle, test_set: TestSet) -> tuple[Image.Image, str]:
    """Draw the most confident mistakes, one for each group of near copies.

    Returns:
        The sheet, and a sentence with the number of mistakes.

    Raises:
        BundleError: There are none.
    """
    predictions = predictor(model.onnx)(test_set.pictures)
    confidence = predictions.probabilities[np.arange(len(predictions.labels)), predictions.labels]
    rows = np.flatnonzero(predictions.labels != test_set.classes)
    if not rows.size:
        raise bundle.BundleError(f"{model.task.name} predicts all of the {len(confidence):,} pictures correctly.")
    rows = rows[np.argsort(-confidence[rows], kind="stable")]
    _, first = np.unique(test_set.groups[rows], return_index=True)
    shown = rows[np.sort(first)][:SHOWN]
    labels = model.task.labels
    texts = [
        f"labelled {labels[test_set.classes[row]]}\n"
        f"says {labels[predictions.labels[row]]}, {100 * confidence[row]:.0f} %"
        for row in shown
    ]
    summary = f"{len(rows):,} of {len(confidence):,} predictions are wrong; {len(first):,} if near copies count once."
    return sheet([test_set.pictures[row] for row in shown], texts), summary
