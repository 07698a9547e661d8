"""`mlserving_predictions_total`: how often each class is predicted."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

MOST_LABELS = 100  # of a model; one with more has no counts, as each label is a series of its own
MOST_WAITING = 1000  # predictions that are kept until they are counted


class PredictionCounts(Collector):
    """Counts the predictions of each model by label, when they are scraped rather than when they are made.

    To keep an array takes 0.1 µs; to count it at once would take more than the rest of a row's metrics.
    """

    def __init__(self) -> None:
        self._labels: dict[str, dict[Any, str]] = {}
        self._totals: dict[str, Counter[str]] = {}
        self._waiting: deque[tuple[str, NDArray[Any]]] = deque()
        self._lock = Lock()  # of the totals; scrapes come on another thread

    def start(self, model: str, classes: Sequence[Any], labels: Sequence[str]) -> None:
        """Show every label at 0, and forget what was counted for the model before, such as its warm-up."""
        with self._lock:
            self._waiting = deque((name, predictions) for name, predictions in self._waiting if name != model)
            if len(labels) <= MOST_LABELS:
                self._labels[model] = dict(zip(classes, labels, strict=True))
                self._totals[model] = Counter(dict.fromkeys(labels, 0))

    def add(self, model: str, predictions: NDArray[Any]) -> None:
        """Note predicted classes, [n]."""
        self._waiting.append((model, predictions))
        if len(self._waiting) > MOST_WAITING:
            self._count()

    def collect(self) -> Iterator[Metric]:
        self._count()
        family = CounterMetricFamily("mlserving_predictions", "Predictions, by class.", labels=["model", "label"])
        for model, totals in self._totals.items():
            for label, count in totals.items():
                family.add_metric([model, label], count)
        yield family

    def _count(self) -> None:
        with self._lock:
            arrays: dict[str, list[NDArray[Any]]] = {}
            while self._waiting:
                model, predictions = self._waiting.popleft()
                arrays.setdefault(model, []).append(predictions)
            for model in arrays.keys() & self._labels.keys():
                values, counts = np.unique(np.concatenate(arrays[model]), return_counts=True)
                for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                    self._totals[model][self._labels[model][value]] += count
