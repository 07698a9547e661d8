"""Says which columns a DictVectorizer makes, and puts an equal ColumnTransformer in its place for skl2onnx.

skl2onnx has a DictVectorizer take a dictionary, not the columns that a request consists of. In the copy that is
converted, keys of numbers are passed on and keys of strings are one-hot encoded, in the order of the DictVectorizer.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction import DictVectorizer
from sklearn.preprocessing import OneHotEncoder


def pairs(vectorizer: DictVectorizer) -> Iterator[tuple[str, str | None]]:
    """Yield the key of each column, and the string that the column stands for, or None if it holds a number."""
    for column in vectorizer.feature_names_:
        name, separator, value = column.partition(vectorizer.separator)
        yield name, value if separator else None


def by_columns(step: Any) -> Any:
    """Return what makes the same of a DataFrame if the step is a DictVectorizer, and the step itself if it is not.

    Raises:
        ValueError: A key has both numbers and strings, or its columns do not stand next to each other.
    """
    if not isinstance(step, DictVectorizer):
        return step
    encoders: dict[str, Any] = {}
    for name, group in groupby(pairs(step), key=itemgetter(0)):
        values = [value for _, value in group]
        if name in encoders or (None in values and len(values) > 1):
            raise ValueError(f"the columns of {name!r} in its DictVectorizer are not those of one encoder")
        encoders[name] = (
            "passthrough" if None in values else OneHotEncoder(categories=[values], handle_unknown="ignore")
        )
    row = {name: [0.0 if encoder == "passthrough" else encoder.categories[0][0]] for name, encoder in encoders.items()}
    steps = [(f"key_{place}", encoder, [name]) for place, (name, encoder) in enumerate(encoders.items())]
    return ColumnTransformer(steps).fit(pd.DataFrame(row))
