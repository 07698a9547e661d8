import json

import numpy as np
import pandas as pd
import pytest

from model.task import Feature
from model.train.data_statistics import MOST_BINS, describe, histogram


def test_statistics_of_numbers_strings_and_missing_values() -> None:
    rows = pd.DataFrame(
        {"width": [*np.arange(11.0), np.nan], "colour": ["red"] * 7 + ["blue"] * 4 + [None], "empty": [np.nan] * 12}
    )
    features = (
        Feature("width", "FP32"),
        Feature("colour", "BYTES", categories=("blue", "red")),
        Feature("empty", "FP32"),
    )
    found = describe(rows, features, target=pd.Series(["a"] * 9 + ["b"] * 3), answers=pd.Series([0.5] * 12))
    width = found["features"]["width"]
    assert (width["count"], width["missing"], width["minimum"], width["maximum"], width["mean"]) == (11, 1, 0, 10, 5)
    assert width["sd"] == pytest.approx(np.std(np.arange(11), ddof=1))
    assert width["deciles"] == pytest.approx(list(range(1, 10)))
    assert width["edges"] == [edge + 0.5 for edge in range(10)], "a bin for each of few values"
    assert width["counts"] == [1] * 11
    assert found["features"]["colour"] == {"count": 11, "missing": 1, "categories": {"blue": 4, "red": 7}}
    assert found["features"]["empty"] == {"count": 0, "missing": 12}
    assert found["target"]["categories"] == {"a": 9, "b": 3}
    assert found["answers"]["deciles"] == [0.5] * 9
    json.dumps(found, allow_nan=False)


def test_codes_are_counted_and_free_texts_are_not_kept() -> None:
    rows = pd.DataFrame({"code": [1, 2, 2], "note": ["ab", "abcd", None], "member": [True, False, np.nan]})
    features = (Feature("code", "FP64", codes=(1.0, 2.0)), Feature("note", "BYTES"), Feature("member", "FP64"))
    found = describe(rows, features, None, pd.DataFrame({"width": [1.0, 2, 3], "height": [4.0, 5, 6]}))
    assert found["features"]["code"]["categories"] == {"1": 1, "2": 2}
    assert (found["features"]["code"]["edges"], found["features"]["code"]["counts"]) == ([1.5], [1, 2])
    assert found["features"]["note"]["characters"]["maximum"] == 4
    assert "abcd" not in json.dumps(found)
    assert found["features"]["member"]["mean"] == 0.5
    assert found["answers"]["height"]["mean"] == 5


def test_an_unknown_target_is_none() -> None:
    rows = pd.DataFrame({"width": [1.0, 2.0]})
    assert describe(rows, (Feature("width", "FP32"),), None, pd.Series(["a", "b"]))["target"] is None


def test_many_numbers_fill_their_bins_about_equally() -> None:
    found = histogram(np.random.default_rng(1).normal(size=1200))
    assert len(found["counts"]) == MOST_BINS == len(found["edges"]) + 1
    assert found["counts"] == [100] * MOST_BINS


def test_a_value_that_is_very_frequent_has_a_bin_of_its_own() -> None:
    found = histogram(np.concatenate([np.zeros(500), np.arange(1, 101) / 7]))
    assert found["counts"][0] == 500
    assert sum(found["counts"]) == 600
    assert 0 < found["edges"][0] < 1 / 7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_value_changes_its_bin_by_rounding(dtype: type[np.floating]) -> None:
    seen = np.round(np.random.default_rng(2).normal(size=5000), 2)
    found = histogram(seen)
    counted = np.bincount(np.searchsorted(np.array(found["edges"], dtype), seen.astype(dtype)))
    assert counted.tolist() == found["counts"]
