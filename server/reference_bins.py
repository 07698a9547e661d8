"""The bins into which the values of a model's features fall, and how the training data filled them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.manifest import BundleError
from model.task import MISSING_TEXT, Feature, Task
from server.tensors import DTYPES

MOST_FEATURES = 64  # of a model; each has up to MOST_BINS series
MOST_BINS = 13
MISSING, OTHER = "missing", "other"
STRANGENESS, PREDICTION = "strangeness", "prediction"  # outputs with bins of their own, beside those of features


class _Statistics(msgspec.Struct):
    """What statistics.json says about a column. Bundles that were written before there were bins have no counts."""

    missing: int = 0
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    categories: dict[str, int] = {}


class Bins(Protocol):
    """The bins of one feature.

    Attributes:
        labels: Their names, in order.
        reference: How many of the training values are in each.
    """

    labels: list[str]
    reference: list[int]

    def count(self, column: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
        """Return how many values of a column, [n], are in each bin, and how many are outside the training data."""


class NumberBins:
    """Bins between edges. Each is named by its upper edge, and the last one "+Inf"."""

    def __init__(self, seen: _Statistics, feature: Feature) -> None:
        dtype = DTYPES[feature.datatype]
        self._edges = np.array(seen.edges, dtype)
        self._low = dtype(-np.inf if feature.minimum is None else feature.minimum)
        self._high = dtype(np.inf if feature.maximum is None else feature.maximum)
        self._optional = feature.optional
        self.labels = [*map(repr, seen.edges), "+Inf", *[MISSING] * feature.optional]
        self.reference = [*seen.counts, *[seen.missing] * feature.optional]

    def count(self, column: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
        counts = np.bincount(np.searchsorted(self._edges, column), minlength=len(self.labels))
        if self._optional:
            counts[-1] = np.isnan(column).sum()
            counts[-2] -= counts[-1]  # NaN is sorted behind every number
        return counts, int(((column < self._low) | (column > self._high)).sum())


class TextBins:
    """A bin for each of the most frequent categories, one for all other texts, and one for a missing value."""

    def __init__(self, seen: _Statistics, feature: Feature) -> None:
        counts = dict(seen.categories)
        missing = seen.missing + counts.pop(MISSING_TEXT, 0) if feature.optional else 0
        frequent = sorted(counts, key=lambda text: -counts[text])[: MOST_BINS - 2]
        rest = sum(counts.values()) - sum(counts[text] for text in frequent)
        self.labels = [*frequent, OTHER, *[MISSING] * feature.optional]
        self.reference = [*(counts[text] for text in frequent), rest, *[missing] * feature.optional]
        self._places = {text: place for place, text in enumerate(frequent)}
        self._seen = frozenset(feature.categories)
        if feature.optional:
            self._places[MISSING_TEXT] = len(self.labels) - 1
            self._seen |= {MISSING_TEXT}

    def count(self, column: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
        texts = column.tolist()
        other = self.labels.index(OTHER)
        places = [self._places.get(text, other) for text in texts]
        return np.bincount(places, minlength=len(self.labels)), sum(text not in self._seen for text in texts)


def of_model(task: Task, statistics: Mapping[str, Any]) -> dict[str, Bins]:
    """Return the bins of each feature that has any, at most MOST_FEATURES. Raises BundleError."""
    outputs = {STRANGENESS: statistics.get(STRANGENESS, {})}
    if task.kind == "regression" and not task.targets:
        outputs[PREDICTION] = statistics.get("answers", {})
    described = _columns(outputs) | _columns(statistics.get("features", {}))
    columns = (*task.features[:MOST_FEATURES], *(Feature(name, "FP64") for name in outputs if name not in task.names))
    return {
        feature.name: NumberBins(seen, feature) if feature.is_number else TextBins(seen, feature)
        for feature in columns
        if (seen := described.get(feature.name)) and (seen.counts if feature.is_number else seen.categories)
    }


def label_shares(task: Task, statistics: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of each label among the predictions for the training data. Raises BundleError."""
    counts = _columns({"": statistics.get("answers", {})})[""].categories
    total = sum(counts.values())
    return {label: counts.get(label, 0) / total for label in task.labels} if total else {}


def _columns(described: Any) -> dict[str, _Statistics]:
    """Return the statistics of columns, if they are in the form in which training writes them. Raises BundleError."""
    try:
        columns = msgspec.convert(described, dict[str, _Statistics])
    except msgspec.ValidationError as error:
        raise BundleError(f"statistics.json is invalid: {error}.") from error
    for name, seen in columns.items():
        edges = list(seen.edges)
        if len(seen.counts) != len(edges) + bool(seen.counts) or len(edges) > MOST_BINS - 2 or edges != sorted(edges):
            raise BundleError(f"statistics.json is invalid: the bins of {name} do not fit together.")
    return columns
