"""True values are found however they are spelled: as classes, labels, numbers, or by a LabelEncoder."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import LabelEncoder, StandardScaler

from model.bring import label_encoder, target
from model.bring.request import BundleRequest
from model.bundle import BundleError
from model.task import Feature, Task

SIZES = pd.DataFrame({"size": np.arange(30.0)})


def task(classes: tuple[int | str, ...], labels: tuple[str, ...] = ()) -> Task:
    shown = labels or tuple(map(str, classes))
    return Task("t", "T", "1", "classification", (Feature("x", "FP32"),), {"x": 1.0}, classes, shown)


@pytest.mark.parametrize(
    ("own", "labels", "column"),
    [
        ([0, 1], (), ["1", "0", "1.0", "0.0", "True", "false"]),
        ([0, 1], ("no", "yes"), ["yes", "no", "1", "0", "yes", "no"]),
        ([False, True], (), [True, False, "1", "0", "TRUE", "false"]),
        (["0", "1"], (), ["1", "0", 1, 0, "1.0", "0"]),
        (["None", "Some"], (), ["Some", "None", "Some", "None", "Some", "None"]),
        ([1.0, 2.0], (), ["2", "1", "2.0", "1.0", 2, 1]),
    ],
)
def test_each_spelling_of_a_class_is_found(own: list[Any], labels: tuple[str, ...], column: list[Any]) -> None:
    classes = tuple(own) if isinstance(own[0], str) else tuple(map(int, own))
    found = target.indices(pd.Series(column, dtype=object), task(classes, labels), own)
    assert found.tolist() == [1, 0, 1, 0, 1, 0]


def test_a_class_comes_before_the_label_of_another() -> None:
    assert target.indices(pd.Series(["1", "0"]), task((0, 1), ("1", "0")), [0, 1]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "value", "sentence"),
    [
        ((), "yes", r"The target 'bought' is 'yes' in row 2, which is not one of 0, 1\. .*--encoder .*--labels"),
        (("no", "yes"), "maybe", r"is 'maybe' in row 2, which is not one of 0, 1\.$"),
        ((), "", "is '' in row 2"),
        ((), "2", r"is '2' in row 2, which is not one of 0, 1\.$"),
        ((), np.nan, "is nan in row 2"),
    ],
)
def test_an_unknown_class_is_refused_with_its_row(labels: tuple[str, ...], value: Any, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence):
        target.indices(pd.Series(["1", value], name="bought"), task((0, 1), labels), [0, 1])


def test_many_classes_are_not_all_listed() -> None:
    with pytest.raises(BundleError, match=r"not one of 0, 1, 2, 3, 4, …\.$"):
        target.indices(pd.Series(["99"], name="bought"), task(tuple(range(90))), list(range(90)))


def requested(folder: Path, encoder: Any, **more: Any) -> BundleRequest:
    joblib.dump(encoder, folder / "encoder.pkl")
    return BundleRequest(folder, folder, "mine", folder, encoder=folder / "encoder.pkl", **more)


def test_labels_come_from_the_encoder_of_the_target(tmp_path: Path) -> None:
    encoder = LabelEncoder().fit(["yes", "no", "perhaps"])
    codes = encoder.transform(["yes", "no"] * 15)  # no "perhaps" in training
    model = LogisticRegression().fit(SIZES, codes)
    assert label_encoder.labels(requested(tmp_path, encoder), model) == ["no", "yes"]
    assert label_encoder.labels(BundleRequest(tmp_path, tmp_path, "m", tmp_path, labels=("a", "b")), model) == (
        "a",
        "b",
    )


@pytest.mark.parametrize(
    ("encoder", "more", "sentence"),
    [
        (LabelEncoder().fit(["no", "yes"]), {"labels": ("a", "b")}, "Give either --labels or --encoder"),
        (StandardScaler(), {}, "holds a StandardScaler, not a fitted LabelEncoder"),
        (LabelEncoder(), {}, "not a fitted LabelEncoder"),
        ({"sex": LabelEncoder(), "bought": LabelEncoder()}, {}, "a dict of 'sex', 'bought'. Save the LabelEncoder of"),
        (LabelEncoder().fit(["no"]), {}, r"encodes 1 classes as 0 to 0, but the pipeline predicts \[0, 1\]"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(
    tmp_path: Path, encoder: Any, more: dict[str, Any], sentence: str
) -> None:
    model = LogisticRegression().fit(SIZES, np.arange(30) % 2)
    with pytest.raises(BundleError, match=sentence):
        label_encoder.labels(requested(tmp_path, encoder, **more), model)


def test_an_encoder_for_a_regression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="predicts no classes"):
        label_encoder.labels(
            requested(tmp_path, LabelEncoder().fit(["no", "yes"])), LinearRegression().fit(SIZES, SIZES["size"])
        )
