from typing import Any

import numpy as np
import pytest

from model.manifest import BundleError
from model.task import Feature, Task
from server.reference_bins import MOST_FEATURES, of_model

WIDTH = Feature("width", "FP32", minimum=0, maximum=3, optional=True)
COLOUR = Feature("colour", "BYTES", categories=("blue", "green", "red"), optional=True)
STATISTICS = {
    "features": {
        "width": {"missing": 2, "edges": [0.5, 1.5], "counts": [5, 4, 1]},
        "colour": {"missing": 1, "categories": {"blue": 4, "green": 1, "red": 6}},
    },
    "answers": {"edges": [10.0], "counts": [6, 6]},
}


def regression(*features: Feature) -> Task:
    example = {feature.name: 1.0 if feature.is_number else "red" for feature in features}
    return Task("m", "", "1", "regression", features, example)


def test_numbers_fall_into_the_bins_of_training() -> None:
    bins = of_model(regression(WIDTH), STATISTICS)["width"]
    counts, outside = bins.count(np.array([-1, 0.5, 0.6, 1.6, 9, np.nan], np.float32))
    assert dict(zip(bins.labels, counts.tolist(), strict=True)) == {"0.5": 2, "1.5": 1, "+Inf": 2, "missing": 1}
    assert outside == 2, "-1 and 9; a missing value is not outside"
    assert bins.reference == [5, 4, 1, 2]


def test_texts_fall_into_the_bins_of_training() -> None:
    bins = of_model(regression(COLOUR), STATISTICS)["colour"]
    counts, outside = bins.count(np.array(["red", "pink", "", "green", "red"], np.object_))
    found = dict(zip(bins.labels, counts.tolist(), strict=True))
    assert found == {"red": 2, "blue": 0, "green": 1, "other": 1, "missing": 1}
    assert outside == 1, "pink"
    assert bins.reference == [6, 4, 1, 0, 1]


def test_rare_categories_share_a_bin_and_are_not_outside() -> None:
    categories = {f"c{number}": 20 - number for number in range(20)}
    feature = Feature("kind", "BYTES", categories=tuple(categories))
    task = Task("m", "", "1", "regression", (feature,), {"kind": "c1"})
    bins = of_model(task, {"features": {"kind": {"categories": categories}}})["kind"]
    assert len(bins.labels) == 12
    counts, outside = bins.count(np.array(["c19", "c0"], np.object_))
    assert (counts[-1], outside) == (1, 0)
    assert sum(bins.reference) == sum(categories.values())


def test_a_required_feature_has_no_bin_for_missing_values() -> None:
    bins = of_model(regression(Feature("width", "FP64")), STATISTICS)["width"]
    assert bins.labels == ["0.5", "1.5", "+Inf"]


@pytest.mark.parametrize(
    ("optional", "found", "reference"),
    [
        (False, {"red": 1, "": 2, "blue": 0, "other": 0}, [6, 5, 4, 0]),
        (True, {"red": 1, "blue": 0, "other": 0, "missing": 2}, [6, 4, 0, 8]),
    ],
)
def test_an_empty_text_is_missing_only_if_it_may_be(
    optional: bool, found: dict[str, int], reference: list[int]
) -> None:
    colour = Feature("colour", "BYTES", categories=("", "blue", "red"), optional=optional)
    seen = {"missing": 3, "categories": {"": 5, "blue": 4, "red": 6}}
    bins = of_model(regression(colour), {"features": {"colour": seen}})["colour"]
    counts, outside = bins.count(np.array(["red", "", ""], np.object_))
    assert dict(zip(bins.labels, counts.tolist(), strict=True)) == found
    assert outside == 0
    assert bins.reference == reference


def test_an_empty_text_is_outside_if_training_had_none() -> None:
    bins = of_model(regression(Feature("colour", "BYTES", categories=("blue", "green", "red"))), STATISTICS)["colour"]
    counts, outside = bins.count(np.array(["", "red"], np.object_))
    assert dict(zip(bins.labels, counts.tolist(), strict=True)) == {"red": 1, "blue": 0, "green": 0, "other": 1}
    assert outside == 1


def test_the_prediction_of_a_regression_has_bins_too() -> None:
    bins = of_model(regression(WIDTH), STATISTICS)
    assert bins["prediction"].labels == ["10.0", "+Inf"]
    classes = Task("m", "", "1", "classification", (WIDTH,), {}, (0, 1), ("no", "yes"))
    assert list(of_model(classes, STATISTICS)) == ["width"]


def test_bundles_without_bins_have_none() -> None:
    assert of_model(regression(WIDTH), {"features": {"width": {"count": 3, "missing": 0, "deciles": [1] * 9}}}) == {}
    assert of_model(regression(WIDTH), {}) == {}


def test_a_wide_model_has_bins_for_its_first_features_only() -> None:
    features = tuple(Feature(f"f{number}", "FP32") for number in range(MOST_FEATURES + 9))
    described = {feature.name: {"edges": [1.0], "counts": [1, 1]} for feature in features}
    assert len(of_model(regression(*features), {"features": described})) == MOST_FEATURES


@pytest.mark.parametrize(
    "described",
    [
        {"edges": [1.0], "counts": [1]},
        {"edges": [2.0, 1.0], "counts": [1, 1, 1]},
        {"edges": list(range(40)), "counts": [1] * 41},
        {"edges": "many", "counts": [1]},
        3,
    ],
)
def test_bins_that_do_not_fit_together_are_refused(described: Any) -> None:
    with pytest.raises(BundleError, match=r"statistics\.json is invalid"):
        of_model(regression(WIDTH), {"features": {"width": described}})
