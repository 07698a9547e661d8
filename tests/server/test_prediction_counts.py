import threading

import numpy as np
from prometheus_client import CollectorRegistry

from server.prediction_counts import MOST_LABELS, MOST_WAITING, PredictionCounts


class Counted:
    """Counts of a model "m" of two classes, 5 ("five") and 7 ("seven")."""

    def __init__(self) -> None:
        self.counts = PredictionCounts()
        self.counts.start("m", (5, 7), ("five", "seven"))
        self.registry = CollectorRegistry()
        self.registry.register(self.counts)

    def __getitem__(self, label: str) -> float | None:
        return self.registry.get_sample_value("mlserving_predictions_total", {"model": "m", "label": label})


def test_each_class_begins_at_zero_and_counts_by_its_label() -> None:
    counted = Counted()
    assert (counted["five"], counted["seven"]) == (0, 0)
    counted.counts.add("m", np.array([7, 7, 5]))
    counted.counts.add("m", np.array([7]))
    assert (counted["five"], counted["seven"]) == (1, 3)
    assert (counted["five"], counted["seven"]) == (1, 3), "a scrape counts nothing twice"


def test_the_warm_up_of_a_model_is_not_counted() -> None:
    counted = Counted()
    counted.counts.add("m", np.array([7]))
    counted.counts.start("m", (5, 7), ("five", "seven"))
    assert counted["seven"] == 0


def test_texts_are_counted_too() -> None:
    counts, registry = PredictionCounts(), CollectorRegistry()
    registry.register(counts)
    counts.start("words", ("no", "yes"), ("no", "yes"))
    counts.add("words", np.array(["yes", "no", "yes"], np.object_))
    labels = {"model": "words", "label": "yes"}
    assert registry.get_sample_value("mlserving_predictions_total", labels) == 2


def test_without_a_scrape_memory_stays_bounded_and_nothing_is_lost() -> None:
    counted = Counted()
    for _ in range(3 * MOST_WAITING):
        counted.counts.add("m", np.array([5]))
    assert len(counted.counts._waiting) <= MOST_WAITING + 1
    assert counted["five"] == 3 * MOST_WAITING


def test_scrapes_on_another_thread_lose_nothing() -> None:
    counted = Counted()
    stop = threading.Event()

    def scrape() -> None:
        while not stop.is_set():
            list(counted.counts.collect())

    scraping = threading.Thread(target=scrape)
    scraping.start()
    for _ in range(20_000):
        counted.counts.add("m", np.array([7]))
    stop.set()
    scraping.join()
    assert counted["seven"] == 20_000


def test_a_model_of_very_many_classes_has_no_counts() -> None:
    counted = Counted()
    many = range(MOST_LABELS + 1)
    counted.counts.start("many", many, list(map(str, many)))
    counted.counts.add("many", np.array([3]))
    labels = {"model": "many", "label": "3"}
    assert counted.registry.get_sample_value("mlserving_predictions_total", labels) is None
