import threading

import numpy as np
from prometheus_client import CollectorRegistry

from model.task import Feature, Task
from server.prediction_counts import MOST_LABELS, MOST_WAITING, PredictionCounts

STATISTICS = {"answers": {"categories": {"five": 30, "seven": 10}}}


def task(classes: tuple[int | str, ...], labels: tuple[str, ...]) -> Task:
    return Task("m", "", "1", "classification", (Feature("a", "FP32"),), {"a": 1.0}, classes, labels)


class Counted:
    """Counts of a model "m" of two classes, 5 ("five") and 7 ("seven")."""

    def __init__(self) -> None:
        self.counts = PredictionCounts()
        self.model = self.counts.start("m", task((5, 7), ("five", "seven")), STATISTICS)
        self.registry = CollectorRegistry()
        self.registry.register(self.counts)

    def __getitem__(self, label: str) -> float | None:
        return self.registry.get_sample_value("mlserving_predictions_total", {"model": "m", "label": label})


def test_each_class_begins_at_zero_and_counts_by_its_label() -> None:
    counted = Counted()
    assert (counted["five"], counted["seven"]) == (0, 0)
    counted.model.add(np.array([7, 7, 5]))
    counted.model.add(np.array([7]))
    assert (counted["five"], counted["seven"]) == (1, 3)
    assert (counted["five"], counted["seven"]) == (1, 3), "a scrape counts nothing twice"


def test_a_model_that_is_opened_again_begins_at_zero() -> None:
    counted = Counted()
    counted.model.add(np.array([7]))
    counted.counts.start("m", task((5, 7), ("five", "seven")), STATISTICS)
    assert counted["seven"] == 0


def test_texts_are_counted_too() -> None:
    counts, registry = PredictionCounts(), CollectorRegistry()
    registry.register(counts)
    words = counts.start("words", task(("no", "yes"), ("no", "yes")), {})
    words.add(np.array(["yes", "no", "yes"], np.object_))
    labels = {"model": "words", "label": "yes"}
    assert registry.get_sample_value("mlserving_predictions_total", labels) == 2


def test_without_a_scrape_memory_stays_bounded_and_nothing_is_lost() -> None:
    counted = Counted()
    for _ in range(3 * MOST_WAITING):
        counted.model.add(np.array([5]))
    assert len(counted.model.waiting) <= MOST_WAITING
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
        counted.model.add(np.array([7]))
    stop.set()
    scraping.join()
    assert counted["seven"] == 20_000


def test_a_model_of_very_many_classes_has_no_counts() -> None:
    counted = Counted()
    many = range(MOST_LABELS + 1)
    counted.counts.start("many", task(tuple(many), tuple(map(str, many))), {}).add(np.array([3]))
    labels = {"model": "many", "label": "3"}
    assert counted.registry.get_sample_value("mlserving_predictions_total", labels) is None


def test_the_shares_of_the_classes_in_training_are_shown_beside_the_counts() -> None:
    counted = Counted()
    labels = {"model": "m", "label": "five"}
    assert counted.registry.get_sample_value("mlserving_predictions_reference_ratio", labels) == 0.75
