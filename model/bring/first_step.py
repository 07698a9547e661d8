"""Makes a pipeline say which columns it takes: it asks its first step for them, and some steps do not know."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.pipeline import Pipeline

from model.bring.convertible import parts
from model.bring.dict_columns import pairs


def complete(pipeline: Any) -> None:
    """Set what scikit-learn leaves out in `n_features_in_` and `feature_names_in_`, in the pipeline itself.

    Steps that pass rows on are dropped: they know no columns, and skl2onnx does not know them.
    """
    for part in list(parts(pipeline)):
        if isinstance(part, Pipeline):
            kept = [(name, each) for name, each in part.steps if each is not None and each != "passthrough"]
            part.steps = kept or part.steps
        elif isinstance(part, IsotonicRegression):
            part.n_features_in_ = 1
    for vectorizer in _vectorizers(pipeline):
        names = dict.fromkeys(name for name, _ in pairs(vectorizer))
        vectorizer.feature_names_in_, vectorizer.n_features_in_ = np.array(list(names), dtype=object), len(names)
    # What is around such a step looked for its names at the end of the fit, and found none.
    inner = [getattr(pipeline, "best_estimator_", None), *_vectorizers(pipeline)]
    named = next((part for part in inner if hasattr(part, "feature_names_in_")), None)
    if named is not None and not isinstance(pipeline, Pipeline):
        pipeline.feature_names_in_ = named.feature_names_in_
        if not hasattr(pipeline, "n_features_in_"):
            pipeline.n_features_in_ = named.n_features_in_


def takes_records(pipeline: Any) -> bool:
    """Return whether the pipeline takes dictionaries, not a table: nothing else can be given to a DictVectorizer."""
    return bool(_vectorizers(pipeline))


def _vectorizers(pipeline: Any) -> list[DictVectorizer]:
    return [part for part in parts(pipeline) if isinstance(part, DictVectorizer) and hasattr(part, "feature_names_")]
