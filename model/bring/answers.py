"""Asks a pipeline for its predictions, which what will be served has to equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bring.fitted_on import as_fitted
from model.bring.probe import Block

ROWS_AT_ONCE = 2_048
SECONDS = 8.0  # for the rows of one kind; they are in random order, so a slow pipeline predicts a fair share of them
REFUSED_ROWS = 20  # after so many refused rows of one kind, no more of that kind are tried

Array = NDArray[Any]


class Answered(NamedTuple):
    """What the pipeline predicts for rows of one kind.

    Attributes:
        kind: The kind.
        rows: The rows that it predicts.
        predicted: Its labels of shape [rows], or its numbers of shape [rows] or [rows, targets].
        probabilities: Of shape [rows, classes]; None if it has none.
        refused: The rows for which it raises an error, or computes infinity or NaN.
    """

    kind: str
    rows: pd.DataFrame
    predicted: Array
    probabilities: Array | None
    refused: pd.DataFrame


def ask(pipeline: Any, blocks: Iterable[Block]) -> Iterator[Answered]:
    """Yield what the pipeline predicts for each kind of rows."""
    for kind, rows in blocks:
        deadline = monotonic() + SECONDS
        parts = [rows.iloc[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE)][::-1]
        taken: list[tuple[pd.DataFrame, Array, Array | None]] = []
        refused = [rows.iloc[:0]]
        while parts and sum(map(len, refused)) < REFUSED_ROWS and monotonic() < deadline:
            part = parts.pop()
            try:
                predicted, probabilities = _predicted(pipeline, part)
            except Exception:  # estimators raise what they like on rows that they do not take
                half = len(part) // 2
                parts += [part.iloc[half:], part.iloc[:half]] if half else []
                refused += [] if half else [part]
                continue
            finite = _finite(predicted) if probabilities is None else _finite(predicted) & _finite(probabilities)
            taken.append((part[finite], predicted[finite], None if probabilities is None else probabilities[finite]))
            refused.append(part[~finite])
        yield _joined(kind, taken, pd.concat(refused))


def _joined(kind: str, taken: list[tuple[pd.DataFrame, Array, Array | None]], refused: pd.DataFrame) -> Answered:
    if not taken:
        return Answered(kind, refused.iloc[:0], np.empty(0), None, refused)
    rows, predicted, probabilities = zip(*taken, strict=True)
    return Answered(
        kind,
        pd.concat(rows),
        np.concatenate(predicted),
        None if probabilities[0] is None else np.concatenate(probabilities),
        refused,
    )


def _predicted(pipeline: Any, rows: pd.DataFrame) -> tuple[Array, Array | None]:
    given = as_fitted(pipeline, rows)
    probabilities = np.asarray(pipeline.predict_proba(given)) if hasattr(pipeline, "predict_proba") else None
    predicted = np.asarray(pipeline.predict(given))
    return predicted.ravel() if predicted.size == len(rows) else predicted, probabilities  # catboost's has a column


def _finite(values: Array) -> NDArray[np.bool_]:
    if values.dtype.kind != "f":
        return np.ones(len(values), np.bool_)
    return np.asarray(np.isfinite(values.reshape(len(values), -1)).all(axis=1))
