import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry

from model.inputs import Picture
from model.task import Feature, Task
from server.feature_counts import LONGEST_WAITING, MOST_WAITING, FeatureCounts

TASK = Task(
    "m",
    "",
    "1",
    "regression",
    (Feature("width", "FP32", minimum=0, maximum=3), Feature("height", "FP32")),
    {"width": 1.0, "height": 1.0},
)
STATISTICS = {
    "features": {name: {"edges": [1.0, 2.0], "counts": [7, 2, 1]} for name in ("width", "height")},
    "answers": {"edges": [10.0], "counts": [5, 5]},
}


class Counted:
    """Counts of a model "m"."""

    def __init__(self, task: Task = TASK, statistics: dict[str, Any] = STATISTICS) -> None:
        self.counts = FeatureCounts()
        self.model = self.counts.start("m", task, statistics)
        self.registry = CollectorRegistry()
        self.registry.register(self.counts)

    def add(self, rows: Any, tensor: str = "input") -> None:
        self.model.add({tensor: np.array(rows, np.float32)})

    def __call__(self, metric: str, feature: str = "width", **labels: str) -> float | None:
        return self.registry.get_sample_value(f"mlserving_{metric}", {"model": "m", "feature": feature, **labels})

    def bins(self, feature: str = "width") -> list[float | None]:
        return [self("feature_values_total", feature, bin=edge) for edge in ("1.0", "2.0", "+Inf")]


def test_every_bin_begins_at_zero_and_counts_its_values() -> None:
    counted = Counted()
    assert counted.bins() == [0, 0, 0]
    counted.add([[0.5, 9], [1.5, 9]])
    counted.add([[4, 0]])
    assert (counted.bins(), counted.bins("height")) == ([1, 1, 1], [1, 0, 2])
    assert counted.bins() == [1, 1, 1], "a scrape counts nothing twice"
    assert (counted("feature_outside_total"), counted("feature_outside_total", "height")) == (1, 0)


def test_the_reference_is_shown_beside_the_counts() -> None:
    counted = Counted()
    ratios = [counted("feature_reference_ratio", bin=edge) for edge in ("1.0", "2.0", "+Inf")]
    assert ratios == pytest.approx([7.5 / 11.5, 2.5 / 11.5, 1.5 / 11.5]), "no share is 0, so that its logarithm exists"
    assert counted("feature_reference_rows") == 10
    assert counted("feature_critical") == 13.82


def test_predictions_and_the_strangeness_of_pictures_are_counted() -> None:
    counted = Counted()
    counted.add([3, 30, 40], "prediction")
    assert counted("feature_values_total", "prediction", bin="+Inf") == 2
    task = Task(
        "m", "", "1", "classification", (), {}, (0, 1), ("a", "b"), picture=Picture("digit", 8, 8, "a digit", 9)
    )
    pictures = Counted(task, {"strangeness": {"edges": [5.0], "counts": [9, 1]}})
    pictures.add([4, 6, 7], "strangeness")
    assert pictures("feature_values_total", "strangeness", bin="+Inf") == 2


def test_texts_are_counted_and_not_kept() -> None:
    task = Task("m", "", "1", "regression", (Feature("colour", "BYTES", categories=("red",)),), {"colour": "red"})
    counted = Counted(task, {"features": {"colour": {"categories": {"red": 3}}}})
    texts: NDArray[np.object_] = np.array([["red"], ["pink"]], np.object_)
    counted.model.add({"colour": texts})
    assert not counted.model.tensors["colour"].waiting
    assert counted("feature_values_total", "colour", bin="red") == 1
    assert counted("feature_outside_total", "colour") == 1


def test_without_a_scrape_memory_stays_bounded_and_nothing_is_lost() -> None:
    counted = Counted()
    waiting = counted.model.tensors["input"].waiting
    for _ in range(3 * MOST_WAITING):
        counted.add([[0, 0]])
    counted.add(np.zeros((LONGEST_WAITING, 2)))
    assert len(waiting) <= MOST_WAITING
    assert all(len(rows) <= LONGEST_WAITING for rows in waiting)
    assert counted.bins() == [3 * MOST_WAITING + LONGEST_WAITING, 0, 0]


def test_scrapes_on_another_thread_lose_nothing() -> None:
    counted = Counted()
    stop = threading.Event()

    def scrape() -> None:
        while not stop.is_set():
            list(counted.counts.collect())

    scraping = threading.Thread(target=scrape)
    scraping.start()
    for _ in range(20_000):
        counted.add([[0, 0]])
    stop.set()
    scraping.join()
    assert counted.bins() == [20_000, 0, 0]


def test_a_model_without_statistics_has_no_series() -> None:
    counted = Counted(TASK, {})
    counted.add([[0, 0]])
    assert counted.bins() == [None, None, None]
