"""Asks a pipeline about values that the sample lacks: unknown strings, numbers other than its codes, missing values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.naive_bayes import CategoricalNB
from sklearn.tree import BaseDecisionTree

from model.bring import fitted_on
from model.bring.answers import ask
from model.bring.convertible import parts
from model.bring.features import fullest
from model.bring.model_file import first_line
from model.bring.probe import Block
from model.bring.progress import step
from model.bundle import BundleError
from model.task import MISSING_TEXT, Feature

FAR = 10  # spans above the largest number of the sample
AT_ONCE = 500  # columns that are asked about in one call
BETWEEN = 20  # numbers between those of the sample that are tried at most


@step("Trying values that the encoders do not know")
def closed(pipeline: Any, sample: pd.DataFrame, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Return the features with what the pipeline takes.

    One whose unknown strings are refused is closed, one whose unknown numbers are refused has codes, and one whose
    missing values are taken is optional, even if the sample has none.
    """
    asked = _Asked(pipeline, sample)
    return _with_missing(asked, _with_codes(asked, tuple(_with_categories(asked, feature) for feature in features)))


class _Asked:
    """A pipeline, and a good row to put values into."""

    def __init__(self, pipeline: Any, sample: pd.DataFrame) -> None:
        self.pipeline = pipeline
        self.sample = sample
        self._place = fullest(sample)

    def refusal(self, column: str, values: NDArray[Any]) -> str:
        """Return why the pipeline refuses these values in a column of an otherwise good row; empty if it does not."""
        rows = self._rows(len(values))
        rows[column] = values
        return self._refusal(rows) if len(rows) else ""

    def refused(self, values: Mapping[str, NDArray[Any]]) -> set[str]:
        """Return the columns in which the pipeline refuses the one value given. Mostly there are none or few."""
        columns = list(values)
        parts = [columns[start : start + AT_ONCE] for start in range(0, len(columns), AT_ONCE)]
        return {
            column
            for part in parts
            if not self._takes_each({column: values[column] for column in part})
            for column in part
            if self.refusal(column, values[column])
        }

    def takes_as_empty(self, feature: Feature) -> bool:
        """Return whether the pipeline answers a missing string as it answers an empty one, which stands for it."""
        rows = self._rows(2)
        rows[feature.name] = _objects([np.nan, MISSING_TEXT])
        answer = next(ask(self.pipeline, [Block("empty", rows)]))
        found = answer.predicted if answer.probabilities is None else answer.probabilities
        return len(found) == len(rows) and np.array_equal(found[0], found[1])

    def _takes_each(self, values: Mapping[str, NDArray[Any]]) -> bool:
        """Return whether the pipeline takes good rows in each of which one column has the value given."""
        rows = self._rows(len(values))
        for place, (column, value) in enumerate(values.items()):
            changed = rows[column].to_numpy(dtype=value.dtype, copy=True)
            changed[place] = value[0]
            rows[column] = changed
        return not self._refusal(rows)

    def _rows(self, count: int) -> pd.DataFrame:
        return self.sample.iloc[[self._place] * count].reset_index(drop=True)

    def _refusal(self, rows: pd.DataFrame) -> str:
        try:
            predicted = np.asarray(self.pipeline.predict(fitted_on.as_fitted(self.pipeline, rows)))
        except Exception as error:  # estimators raise what they like on rows that they do not take
            return first_line(error)
        return "it predicts NaN" if predicted.dtype.kind == "f" and not np.isfinite(predicted).all() else ""


def _with_categories(asked: _Asked, feature: Feature) -> Feature:
    if feature.is_number or feature.name in fitted_on.text_columns(asked.pipeline):
        return feature
    seen = {str(value) for value in asked.sample[feature.name].dropna()}
    known = _known(asked.pipeline, fitted_on.strings)
    unseen = max(seen.union(*known), key=len, default="") + "?"
    if not (reason := asked.refusal(feature.name, _objects([unseen]))):
        return feature
    categories = _accepted(asked, feature, (strings - {MISSING_TEXT} for strings in known), seen, _objects)
    if not categories:
        raise BundleError(
            f"No row has a string in the column {feature.name!r}, and the pipeline refuses unknown ones: {reason}."
        )
    return dataclasses.replace(feature, closed=True, categories=tuple(sorted(categories)))


def _with_codes(asked: _Asked, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    far = {
        feature.name: np.array([feature.maximum + FAR * (feature.maximum - feature.minimum) + 1])
        for feature in features
        if feature.maximum is not None and feature.minimum is not None and not feature.boolean
    }
    refused = asked.refused(far)
    return tuple(_coded(asked, feature) if feature.name in refused else feature for feature in features)


def _coded(asked: _Asked, feature: Feature) -> Feature:
    """Return the feature with its codes if that is why a large number is refused, and not its size alone.

    Each number between codes is refused, of which some are tried. CategoricalNB cuts it to a code, and refuses the
    next whole number.
    """
    seen = {float(value) for value in asked.sample[feature.name].dropna()}
    known = _known(asked.pipeline, fitted_on.numbers)
    between = sorted({(low + high) / 2 for low, high in pairwise(sorted(seen))} - seen.union(*known))
    tried = between[:: len(between) // BETWEEN + 1] or [max(seen) + 0.5]
    coded = all(asked.refusal(feature.name, np.array([value])) for value in tried)
    cut = any(isinstance(part, CategoricalNB) for part in parts(asked.pipeline))
    if not coded and not (cut and asked.refusal(feature.name, np.array([max(seen) + 1]))):
        return feature
    codes = _accepted(asked, feature, known, seen, np.array)
    return dataclasses.replace(feature, codes=tuple(sorted(codes)), minimum=min(codes), maximum=max(codes))


def _with_missing(asked: _Asked, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    missing = {
        feature.name: np.array([np.nan]) if feature.is_number and not feature.boolean else _objects([np.nan])
        for feature in features
        if not feature.optional
    }
    with _strict_trees(asked.pipeline):
        taken = missing.keys() - asked.refused(missing)
    known = fitted_on.known_strings(asked.pipeline)
    empty = [feature for feature in features if MISSING_TEXT in known.get(feature.name, ())]  # as of rows.fillna("")
    taken -= {feature.name for feature in empty if not asked.takes_as_empty(feature)}
    return tuple(
        dataclasses.replace(feature, optional=True) if feature.name in taken else feature for feature in features
    )


@contextmanager
def _strict_trees(pipeline: Any) -> Iterator[None]:
    """Have trees refuse missing values: one that saw none in training sends them wherever most rows went."""
    trees = [part for part in parts(pipeline) if isinstance(part, BaseDecisionTree)]
    for tree in trees:
        tree._support_missing_values = lambda _rows: False
    try:
        yield
    finally:
        for tree in trees:
            del tree._support_missing_values


def _known(pipeline: Any, listed: Callable[[NDArray[Any]], list[Any]]) -> list[set[Any]]:
    return [set(listed(part)) for encoder in fitted_on.encoders(pipeline) for part in encoder.categories_]


def _accepted(
    asked: _Asked,
    feature: Feature,
    known: Iterable[set[Any]],
    seen: set[Any],
    as_array: Callable[[list[Any]], NDArray[Any]],
) -> set[Any]:
    """Return the most values that an encoder knows and the pipeline takes in this column, or else those seen."""
    fitting = [
        values for values in known if values >= seen and not asked.refusal(feature.name, as_array(sorted(values)))
    ]
    # The pipeline takes at most what the encoder of the column knows.
    return max(fitting, key=len, default=seen)


def _objects(values: list[Any]) -> NDArray[Any]:
    return np.array(values, dtype=object)
