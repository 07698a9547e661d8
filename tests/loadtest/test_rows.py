"""The rows that the load test sends come from scikit-learn's data and are far from the boundary."""

import csv
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer

ROWS = Path("loadtest/rows.csv")
INPUTS = {
    "concavity_mean": "mean concavity",
    "concave_points_mean": "mean concave points",
    "perimeter_se": "perimeter error",
    "area_se": "area error",
    "texture_worst": "worst texture",
    "area_worst": "worst area",
}
EACH = 32


def chosen() -> pd.DataFrame:
    """Return the first 32 rows of each class that simple thresholds separate clearly."""
    data = load_breast_cancer(as_frame=True)
    table = data.data[list(INPUTS.values())].rename(columns={theirs: ours for ours, theirs in INPUTS.items()})
    table["label"] = data.target.map({0: "M", 1: "B"})
    malignant = table[(table.area_worst > 1200) & (table.concave_points_mean > 0.09) & (table.texture_worst > 20)]
    benign = table[(table.area_worst < 600) & (table.concave_points_mean < 0.03) & (table.texture_worst < 27)]
    both: pd.DataFrame = pd.concat([malignant.head(EACH), benign.head(EACH)]).sort_index()
    return both


def test_rows_equal_those_of_the_data_set() -> None:
    with ROWS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = chosen()
    assert [row["label"] for row in rows] == expected.label.tolist()
    for name in INPUTS:
        assert [float(row[name]) for row in rows] == expected[name].tolist()


def test_thresholds_alone_separate_the_classes() -> None:
    expected = chosen()
    assert (expected.label[expected.area_worst > 1200] == "M").all()
    assert (expected.label[expected.area_worst < 600] == "B").all()
    assert expected.label.value_counts().to_dict() == {"M": EACH, "B": EACH}


def test_rows_include_a_concavity_of_zero() -> None:
    assert (chosen().concavity_mean == 0).any()
