"""Makes a pipeline say which columns it takes: it asks its first step for them, and some steps do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.pipeline import Pipeline

from model.bring.convertible import parts


def complete(pipeline: Any) -> None:
    """Set what scikit-learn leaves out in `n_features_in_` and `feature_names_in_`, in the pipeline itself.

    Steps that pass rows on are dropped: they know no columns, and skl2onnx does not know them.
    """
    for part in list(parts(pipeline)):
        if isinstance(part, Pipeline):
            kept = [(name, each) for name, each in part.steps if each is not None and each != "passthrough"]
            part.steps = kept or part.steps
        elif isinstance(part, DictVectorizer) and hasattr(part, "feature_names_"):
            names = dict.fromkeys(name for name, _ in pairs(part))
            part.feature_names_in_, part.n_features_in_ = np.array(list(names), dtype=object), len(names)
        elif isinstance(part, IsotonicRegression):
            part.n_features_in_ = 1
    best = getattr(pipeline, "best_estimator_", None)
    if best is not None and hasattr(best, "feature_names_in_"):  # which a search looks for at the end of its fit
        pipeline.feature_names_in_ = best.feature_names_in_


def pairs(vectorizer: DictVectorizer) -> Iterator[tuple[str, str | None]]:
    """Yield the key of each of its columns, and the string there, or None for a number."""
    for column in getattr(vectorizer, "feature_names_", ()):  # of one that a search copied there are none
        name, separator, value = column.partition(vectorizer.separator)
        yield name, value if separator else None


def takes_records(pipeline: Any) -> bool:
    """Return whether the pipeline takes dictionaries, not a table."""
    estimator = getattr(pipeline, "best_estimator_", pipeline)
    return isinstance(estimator, Pipeline) and isinstance(estimator.steps[0][1], DictVectorizer)
