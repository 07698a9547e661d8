"""Asks a pipeline for its predictions, which what will be served has to equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bring.fitted_on import as_fitted, converter
from model.bring.model_file import first_line
from model.bring.probe import Block
from model.bring.tolerance import TOLERANCE
from model.estimator import Predictions

ROWS_AT_ONCE = 2_048
SECONDS = 8.0  # for the rows of one kind; they are in random order, so a slow pipeline predicts a fair share of them
STEADY_ROWS = 50  # of each kind, which are asked one by one too
REFUSED_ROWS = 20  # after so many refused rows of one kind, no more of that kind are tried

Array = NDArray[Any]


class Answered(NamedTuple):
    """What the pipeline predicts for rows of one kind.

    Attributes:
        kind: The kind.
        rows: The rows that it predicts.
        predicted: Its labels of shape [rows], or its numbers of shape [rows] or [rows, targets].
        probabilities: Of shape [rows, classes]; None if it has none.
        scores: Of shape [rows], of a detector of outliers; None of any other model.
        refused: The rows for which it raises an error, or computes infinity or NaN.
    """

    kind: str
    rows: pd.DataFrame
    predicted: Array
    probabilities: Array | None
    scores: Array | None
    refused: pd.DataFrame


def ask(pipeline: Any, blocks: Iterable[Block]) -> Iterator[Answered]:
    """Yield what the pipeline predicts for each kind of rows."""
    convert = converter(pipeline)
    for kind, rows in blocks:
        deadline = monotonic() + SECONDS
        parts = [rows.iloc[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE)][::-1]
        taken: list[tuple[pd.DataFrame, Predictions]] = []
        refused = [rows.iloc[:0]]
        while parts and sum(map(len, refused)) < REFUSED_ROWS and monotonic() < deadline:
            part = parts.pop()
            try:
                found = _predicted(pipeline, convert(part))
            except Exception:  # estimators raise what they like on rows that they do not take
                half = len(part) // 2
                parts += [part.iloc[half:], part.iloc[:half]] if half else []
                refused += [] if half else [part]
                continue
            finite = np.logical_and.reduce([_finite(values) for values in found if values is not None])
            kept: Any = [None if values is None else values[finite] for values in found]
            taken.append((part[finite], Predictions(*kept)))
            refused.append(part[~finite])
        yield _joined(kind, taken, pd.concat(refused))


def unsteady(pipeline: Any, rows: pd.DataFrame) -> str:
    """Return why a server, which is mostly asked about one row, cannot answer as the pipeline; empty if it can."""
    rows = rows.iloc[:STEADY_ROWS]
    together = _arrays(pipeline, rows)
    if not _same(together, _arrays(pipeline, rows)):
        return (
            "The pipeline answers the same rows differently each time. Fit it again without what is random in it, such "
            "as sample_posterior=True of an IterativeImputer."
        )
    try:
        alone = [_arrays(pipeline, rows.iloc[[place]]) for place in range(len(rows))]
    except Exception as error:  # estimators raise what they like on rows that they do not take
        return f"The pipeline takes several rows, but not a single one, as most requests have: {first_line(error)}."
    if not _same(together, [np.concatenate(values) for values in zip(*alone, strict=True)]):
        return (
            "The pipeline's answer to a row depends on the other rows that it is given with it. Replace the step that "
            "looks at all rows: a FunctionTransformer, or an IterativeImputer, which does so if all values are missing."
        )
    return ""


def _arrays(pipeline: Any, rows: pd.DataFrame) -> list[Array]:
    return [values for values in _predicted(pipeline, as_fitted(pipeline, rows)) if values is not None]


def _same(some: list[Array], others: list[Array]) -> bool:
    return all(
        np.allclose(one, other, TOLERANCE, TOLERANCE * one.std(), equal_nan=True)
        if one.dtype.kind == "f"
        else np.array_equal(one, other)
        for one, other in zip(some, others, strict=True)
    )


def _joined(kind: str, taken: list[tuple[pd.DataFrame, Predictions]], refused: pd.DataFrame) -> Answered:
    if not taken:
        return Answered(kind, refused.iloc[:0], np.empty(0), None, None, refused)
    rows, found = zip(*taken, strict=True)
    joined: list[Any] = [None if parts[0] is None else np.concatenate(parts) for parts in zip(*found, strict=True)]
    predicted, probabilities, scores = joined
    return Answered(kind, pd.concat(rows), predicted, probabilities, scores, refused)


def _predicted(pipeline: Any, given: Any) -> Predictions:
    """Ask each of the pipeline's methods, as its user does; `model.estimator` asks less often."""
    probabilities = scores = None
    if hasattr(pipeline, "predict_proba"):
        probabilities = np.asarray(pipeline.predict_proba(given))
    elif hasattr(pipeline, "score_samples"):
        scores = np.asarray(pipeline.score_samples(given))
    predicted = np.asarray(pipeline.predict(given))
    # catboost's have a column
    return Predictions(predicted.ravel() if predicted.size == len(given) else predicted, probabilities, scores)


def _finite(values: Array) -> NDArray[np.bool_]:
    if values.dtype.kind != "f":
        return np.ones(len(values), np.bool_)
    return np.asarray(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
