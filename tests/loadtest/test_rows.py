"""The rows that the load test sends come from scikit-learn's data, look like them, and are far from the boundary."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model.train.data_statistics import histogram

ROWS = Path("loadtest/rows.csv")
INPUTS = {
    "concavity_mean": "mean concavity",
    "concave_points_mean": "mean concave points",
    "perimeter_se": "perimeter error",
    "area_se": "area error",
    "texture_worst": "worst texture",
    "area_worst": "worst area",
}


def all_rows() -> pd.DataFrame:
    data = load_breast_cancer(as_frame=True)
    names = {theirs: ours for ours, theirs in INPUTS.items()}
    table: pd.DataFrame = data.data[list(INPUTS.values())].rename(columns=names)
    table["label"] = data.target.map({0: "M", 1: "B"})
    return table


def chosen() -> pd.DataFrame:
    """Return every second row, by area, whose class a logistic regression fitted on other rows is sure of."""
    table = all_rows()
    model = make_pipeline(StandardScaler(), LogisticRegression())
    malignant = cross_val_predict(model, table[list(INPUTS)], table.label == "M", cv=10, method="predict_proba")[:, 1]
    sure = np.where(table.label == "M", malignant, 1 - malignant) > 0.7
    half: pd.DataFrame = table[sure].sort_values("area_worst", kind="stable").iloc[::2].sort_index()
    return half


def test_rows_equal_those_of_the_data_set() -> None:
    with ROWS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = chosen()
    assert [row["label"] for row in rows] == expected.label.tolist()
    for name in INPUTS:
        assert [float(row[name]) for row in rows] == expected[name].tolist()


@pytest.mark.parametrize("name", INPUTS)
def test_a_load_test_does_not_look_like_drift(name: str) -> None:
    seen = all_rows()[name].to_numpy()
    training = histogram(seen)
    counts = np.bincount(np.searchsorted(training["edges"], chosen()[name]), minlength=len(training["counts"]))
    actual, expected = counts / counts.sum(), np.array(training["counts"]) / len(seen)
    stability = ((actual - expected) * np.log(actual / expected)).sum()
    assert stability < 0.05, "the alert in k8s/monitoring/rules.yaml begins at 0.1"


def test_rows_include_a_concavity_of_zero() -> None:
    assert (chosen().concavity_mean == 0).any()
