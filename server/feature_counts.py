"""`mlserving_feature_values_total`: how the values of each feature are distributed, to be compared with training."""

from collections import deque
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from model.task import Task
from server.reference_bins import Bins, of_model
from server.tensors import ModelInput

MOST_WAITING = 1024  # requests whose rows are kept until they are counted
LONGEST_WAITING = 4096  # bytes of their rows; longer ones are counted at once

# The 99.9th percentile of the χ² distribution with 0, 1, 2, … degrees of freedom (NIST/SEMATECH, section 1.3.6.7.4).
_CRITICAL = (0.0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88, 29.59, 31.26, 32.91)


class _Feature:
    def __init__(self, bins: Bins, column: int) -> None:
        self.bins = bins
        self.column = column
        self.counts = np.zeros(len(bins.labels), np.int64)
        self.outside = 0

    def add(self, rows: NDArray[Any]) -> None:
        counts, outside = self.bins.count(rows[:, self.column])
        self.counts += counts
        self.outside += outside


class _Tensor:
    """The features that are in one array, [rows, `columns`], and the bytes of small arrays that wait to be counted."""

    def __init__(self, columns: int, *, kept: bool) -> None:
        self.features: list[_Feature] = []
        self.waiting: deque[bytes] = deque()
        self._columns = columns
        self._kept = kept
        self._dtype = np.dtype(np.float32)
        self._lock = Lock()  # of the counts; scrapes come on another thread

    def add(self, values: NDArray[Any]) -> None:
        if not self._kept or values.nbytes > LONGEST_WAITING:
            with self._lock:
                self._add(values)
            return
        self._dtype = values.dtype
        self.waiting.append(values.tobytes())
        if len(self.waiting) > MOST_WAITING:
            self.count()

    def count(self) -> None:
        with self._lock:
            if self.waiting:
                content = b"".join([self.waiting.popleft() for _ in range(len(self.waiting))])
                self._add(np.frombuffer(content, self._dtype))

    def _add(self, values: NDArray[Any]) -> None:
        rows = values.reshape(-1, self._columns)
        for feature in self.features:
            feature.add(rows)


class ModelFeatures:
    """The features of a model, by name and by the tensor that they are in."""

    def __init__(self, task: Task, statistics: Mapping[str, Any]) -> None:
        columns = {name: column for column, name in enumerate(task.names)} if task.numeric else {}
        texts = {feature.name for feature in task.features if not feature.is_number}
        self.features: dict[str, _Feature] = {}
        self.tensors: dict[str, _Tensor] = {}
        for name, bins in of_model(task, statistics).items():
            feature = self.features[name] = _Feature(bins, columns.get(name, 0))
            tensor, width = ("input", len(columns)) if name in columns else (name, 1)
            # Texts may be long, so they must not be kept.
            self.tensors.setdefault(tensor, _Tensor(width, kept=name not in texts)).features.append(feature)

    def add(self, arrays: ModelInput) -> None:
        """Note the input of a prediction, or an output that has bins, [rows, …]."""
        for name, tensor in self.tensors.items():
            if (values := arrays.get(name)) is not None:
                tensor.add(values)


class FeatureCounts(Collector):
    """Counts values by the bins that training wrote into statistics.json.

    The numbers of a small request are kept, and those of many are counted together, when they are scraped or many wait.
    """

    def __init__(self) -> None:
        self._models: dict[str, ModelFeatures] = {}

    def start(self, model: str, task: Task, statistics: Mapping[str, Any]) -> ModelFeatures:
        """Show every bin at 0, and return what counts from now on. Raises BundleError."""
        counts = self._models[model] = ModelFeatures(task, statistics)
        return counts

    def collect(self) -> Iterator[Metric]:
        names = ["model", "feature"]
        values = CounterMetricFamily(
            "mlserving_feature_values", "Values of a feature, by the upper edge of their bin.", labels=[*names, "bin"]
        )
        outside = CounterMetricFamily(
            "mlserving_feature_outside", "Values outside what was seen in training.", labels=names
        )
        ratios = GaugeMetricFamily(
            "mlserving_feature_reference_ratio", "Share of a bin in the training data.", labels=[*names, "bin"]
        )
        rows = GaugeMetricFamily("mlserving_feature_reference_rows", "Values in the training data.", labels=names)
        critical = GaugeMetricFamily(
            "mlserving_feature_critical", "Percentile 99.9 of χ² for the number of bins.", labels=names
        )
        for model, known in list(self._models.items()):
            for tensor in known.tensors.values():
                tensor.count()
            for name, feature in known.features.items():
                labels, bins = [model, name], feature.bins
                total = sum(bins.reference)
                for label, count, seen in zip(bins.labels, feature.counts.tolist(), bins.reference, strict=True):
                    values.add_metric([*labels, label], count)
                    ratios.add_metric([*labels, label], (seen + 0.5) / (total + 0.5 * len(bins.labels)))
                outside.add_metric(labels, feature.outside)
                rows.add_metric(labels, total)
                critical.add_metric(labels, _CRITICAL[len(bins.labels) - 1])
        yield from (values, outside, ratios, rows, critical)
