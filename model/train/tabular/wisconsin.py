"""The rows of Breast Cancer Wisconsin (Diagnostic) in scikit-learn: six of its features under our own names."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

from model.task import Feature, Task

IMAGE_UNITS = "The source states no physical unit."

# Our name of each feature, and scikit-learn's.
COLUMNS = {
    "concavity_mean": "mean concavity",
    "concave_points_mean": "mean concave points",
    "perimeter_se": "perimeter error",
    "area_se": "area error",
    "texture_worst": "worst texture",
    "area_worst": "worst area",
}
UNITS = {
    "concavity_mean": ("1", "Severity of the concave portions of the nuclei's outlines; mean over the nuclei."),
    "concave_points_mean": ("1", "Share of concave points of the nuclei's outlines; mean over the nuclei."),
    "perimeter_se": ("image units", f"Perimeter of the nuclei; standard error over the nuclei. {IMAGE_UNITS}"),
    "area_se": ("image units²", f"Area of the nuclei; standard error over the nuclei. {IMAGE_UNITS}"),
    "texture_worst": ("grey levels", "Standard deviation of the grey levels; mean of the three largest nuclei."),
    "area_worst": ("image units²", f"Area of the nuclei; mean of the three largest. {IMAGE_UNITS}"),
}
EXAMPLE = (0.3001, 0.1471, 8.589, 153.4, 17.33, 2019.0)

SOURCE = {
    "name": "Breast Cancer Wisconsin (Diagnostic), as bundled with scikit-learn",
    "citation": (
        "Wolberg, W., Mangasarian, O., Street, N., & Street, W. (1993). Breast Cancer Wisconsin (Diagnostic). "
        "UCI Machine Learning Repository. https://doi.org/10.24432/C5DW2B"
    ),
    "rows": 569,
    "classes": {"B": "benign", "M": "malignant"},
    "features": "Six of thirty, computed from digitised images of fine-needle aspirates of breast masses.",
}


def load() -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return 569 rows of six features, and the target: 1 is malignant, the reverse of scikit-learn's target."""
    source = load_breast_cancer(as_frame=True)
    rows = source.data[list(COLUMNS.values())].set_axis(list(COLUMNS), axis="columns")
    return rows, 1 - source.target.to_numpy()


def task(rows: pd.DataFrame) -> Task:
    return Task(
        name="breast_model",
        title="Breast Cancer Wisconsin (Diagnostic)",
        version="1.0.0",
        kind="classification",
        features=tuple(
            Feature(name, "FP32", *UNITS[name], float(rows[name].min()), float(rows[name].max())) for name in COLUMNS
        ),
        example=dict(zip(COLUMNS, EXAMPLE, strict=True)),
        classes=(0, 1),
        labels=("B", "M"),
    )
