"""Figures and objectives of batches whose content is known."""

import numpy as np
import pytest

from loadtest.digits.batches import CLASSES, BatchResult
from loadtest.digits.outcome import Criterion, DigitsOutcome, compare, judge, shares_of

LABELS = np.arange(200, dtype=np.uint8) % 10
RIGHT = tuple(LABELS[:100].tolist())
ONE_WRONG = (5, *RIGHT[1:])
FIRST, SECOND = BatchResult(0, 100, 10.0, 10.1, RIGHT), BatchResult(100, 100, 10.0, 10.25, ONE_WRONG)
LOST = BatchResult(100, 100, 10.0, 10.01, None, "status 503")
EVEN = np.full(10, 0.1)


def judged(*batches: BatchResult, seconds: float = 0.5, accuracy: float = 0.99) -> dict[str, Criterion]:
    time, right, lost = judge(DigitsOutcome(LABELS, batches), seconds, accuracy)
    return {"time": time, "accuracy": right, "lost": lost}


def test_figures_of_two_batches() -> None:
    found = DigitsOutcome(LABELS, [FIRST, SECOND])
    assert (found.sent, found.correct, found.lost) == (200, 199, 0)
    assert found.seconds == 0.25
    assert found.slowest is SECOND
    assert found.shares[[0, 5]].tolist() == [0.095, 0.105]


def test_labels_of_a_batch_begin_at_its_first_image() -> None:
    turned = BatchResult(5, 195, 0, 1, tuple(LABELS[5:].tolist()))
    found = DigitsOutcome(LABELS, [BatchResult(0, 5, 0, 1, (0, 1, 2, 3, 4)), turned])
    assert found.correct == found.sent == 200


def test_all_objectives_held() -> None:
    found = judged(FIRST, SECOND)
    assert all(one.held for one in found.values())
    assert (found["time"].measured, found["time"].detail) == ("0.250 s", "800 predictions per second")
    assert found["accuracy"].measured == "99.5 %"
    assert found["accuracy"].detail == "199 of 200, 95 % interval 97.2 to 99.9 %"


def test_limits_include_their_value() -> None:
    assert judged(FIRST, SECOND, seconds=0.25)["time"].held
    assert not judged(FIRST, SECOND, seconds=0.249)["time"].held
    assert judged(FIRST, SECOND, accuracy=0.995)["accuracy"].held
    assert not judged(FIRST, SECOND, accuracy=0.996)["accuracy"].held


def test_lost_batch_misses_the_time_objective() -> None:
    found = judged(FIRST, LOST)
    assert not found["time"].held
    assert not found["lost"].held
    assert (found["time"].measured, found["lost"].measured) == ("never", "100")
    assert found["lost"].detail == "status 503 (100)"
    assert found["accuracy"].detail.startswith("100 of 100"), "of the images with a prediction"
    assert found["accuracy"].held


def test_no_response_at_all_misses_every_objective() -> None:
    silent = BatchResult(0, 200, 10.0, 10.1, None, "no response: ConnectError")
    assert not any(one.held for one in judged(silent).values())
    assert DigitsOutcome(LABELS, [silent]).shares.tolist() == [0] * 10
    assert "There are no predictions" in compare(DigitsOutcome(LABELS, [silent]), EVEN)


def test_comparison_says_whether_chance_explains_the_difference() -> None:
    same, tilted = (
        DigitsOutcome(LABELS, [FIRST]),
        DigitsOutcome(LABELS, [BatchResult(0, 100, 0, 1, (1,) * 50 + RIGHT[:50])]),
    )
    assert "by 0.0 %, no more than chance explains" in compare(same, EVEN)
    assert "by 45.0 %, more than chance explains" in compare(tilted, EVEN)


def test_shares_are_in_the_order_of_the_classes() -> None:
    counts = {str(one): one for one in reversed(CLASSES)}
    assert shares_of(counts) == pytest.approx(np.arange(10) / 45)
