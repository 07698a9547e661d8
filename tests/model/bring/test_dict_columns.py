"""A ColumnTransformer in place of a DictVectorizer gives the same columns, in the same order."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array  # type: ignore[import-untyped]
from sklearn.feature_extraction import DictVectorizer
from sklearn.preprocessing import StandardScaler

from model.bring.dict_columns import by_columns

ROWS = pd.DataFrame(
    {"zip": ["01067", "89073", "", "x=y"] * 5, "width": np.arange(20.0), "a": ["b", "c"] * 10, "b": [True, False] * 10}
)
UNKNOWN = pd.DataFrame({"zip": ["new", "01067"], "width": [-1.0, 99.0], "a": ["", "b"], "b": [True, True]})


@pytest.mark.parametrize("vectorizer", [DictVectorizer(), DictVectorizer(sparse=False), DictVectorizer(separator="|")])
def test_the_columns_are_those_of_the_vectorizer(vectorizer: DictVectorizer) -> None:
    vectorizer.fit(ROWS.to_dict("records"))
    columns = by_columns(vectorizer)
    for rows in (ROWS, UNKNOWN):
        own, made = map(csr_array, (vectorizer.transform(rows.to_dict("records")), columns.transform(rows)))
        assert np.array_equal(own.todense(), made.todense())


def test_numbers_and_strings_under_one_key_are_refused() -> None:
    vectorizer = DictVectorizer().fit([{"zip": "01067"}, {"zip": 1067}])
    with pytest.raises(ValueError, match=r"the columns of 'zip' .* are not those of one encoder"):
        by_columns(vectorizer)


def test_columns_of_a_key_that_are_apart_are_refused() -> None:
    vectorizer = DictVectorizer(sort=False).fit([{"zip": "01067", "width": 1}, {"zip": "89073", "width": 2}])
    with pytest.raises(ValueError, match=r"the columns of 'zip' .* are not those of one encoder"):
        by_columns(vectorizer)


def test_another_step_stays() -> None:
    scaler = StandardScaler()
    assert by_columns(scaler) is scaler
