"""`mlserving_predictions_total`: how often each class is predicted."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

from numpy.typing import NDArray
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from model.task import Task
from server.reference_bins import label_shares

MOST_LABELS = 100  # of a model; one with more has no counts, as each label is a series of its own
MOST_WAITING = 1000  # predictions that are kept until they are counted


class ModelPredictions:
    """Counts the predictions of a model by label, when they are scraped rather than when they are made."""

    def __init__(self, task: Task, shares: Mapping[str, float]) -> None:
        self.labels = dict(zip(task.classes, task.labels, strict=True))
        self.shares = shares
        self.waiting: deque[Any] = deque()
        self._totals: Counter[Any] = Counter(dict.fromkeys(self.labels, 0))
        self._lock = Lock()  # of the totals; scrapes come on another thread

    def add(self, predictions: NDArray[Any]) -> None:
        """Note predicted classes, [n]."""
        self.waiting.extend(predictions.tolist())
        if len(self.waiting) > MOST_WAITING:
            self.totals()

    def totals(self) -> Mapping[Any, int]:
        """Return how often each class was predicted."""
        with self._lock:
            self._totals.update([self.waiting.popleft() for _ in range(len(self.waiting))])
            return dict(self._totals)


class PredictionCounts(Collector):
    """The counts of all models."""

    def __init__(self) -> None:
        self._models: dict[str, ModelPredictions] = {}

    def start(self, model: str, task: Task, statistics: Mapping[str, Any]) -> ModelPredictions:
        """Show every label at 0, and return what counts from now on.

        Raises:
            BundleError: The statistics are not in the form in which training writes them.
        """
        counts = ModelPredictions(task, label_shares(task, statistics))
        if len(task.labels) <= MOST_LABELS:
            self._models[model] = counts
        return counts

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily("mlserving_predictions", "Predictions, by class.", labels=["model", "label"])
        ratios = GaugeMetricFamily(
            "mlserving_predictions_reference_ratio",
            "Share of a class among the predictions for the training data.",
            labels=["model", "label"],
        )
        for model, counts in list(self._models.items()):
            totals = counts.totals()
            for value, label in counts.labels.items():
                family.add_metric([model, label], totals[value])
            for label, share in counts.shares.items():
                ratios.add_metric([model, label], share)
        yield from (family, ratios)
