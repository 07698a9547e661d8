"""Figures and objectives of batches that are known because they are made here."""

import numpy as np
import pytest

from loadtest.digits.batches import CLASSES, Batch
from loadtest.digits.outcome import Objective, Outcome, compare, judge, shares_of

LABELS = np.arange(200, dtype=np.uint8) % 10
RIGHT = tuple(LABELS[:100].tolist())
ONE_WRONG = (5, *RIGHT[1:])
FIRST, SECOND = Batch(0, 100, 10.0, 10.1, RIGHT), Batch(100, 100, 10.0, 10.25, ONE_WRONG)
LOST = Batch(100, 100, 10.0, 10.01, None, "status 503")
EVEN = np.full(10, 0.1)


def judged(*batches: Batch, seconds: float = 0.5, accuracy: float = 0.99) -> dict[str, Objective]:
    time, right, lost = judge(Outcome(LABELS, batches), seconds, accuracy)
    return {"time": time, "accuracy": right, "lost": lost}


def test_figures() -> None:
    found = Outcome(LABELS, [FIRST, SECOND])
    assert (found.sent, found.right, found.lost) == (200, 199, 0)
    assert found.seconds == 0.25
    assert found.slowest is SECOND
    assert found.shares[[0, 5]].tolist() == [0.095, 0.105]


def test_the_labels_of_a_batch_are_those_from_its_first_image_on() -> None:
    turned = Batch(5, 195, 0, 1, tuple(LABELS[5:].tolist()))
    found = Outcome(LABELS, [Batch(0, 5, 0, 1, (0, 1, 2, 3, 4)), turned])
    assert found.right == found.sent == 200


def test_all_objectives_held() -> None:
    found = judged(FIRST, SECOND)
    assert all(one.held for one in found.values())
    assert (found["time"].seen, found["time"].detail) == ("0.250 s", "800 predictions a second")
    assert found["accuracy"].seen == "99.5 %"
    assert found["accuracy"].detail == "199 of 200, 95 % interval 97.2 to 99.9 %"


def test_limits_are_held_when_they_are_met() -> None:
    assert judged(FIRST, SECOND, seconds=0.25)["time"].held
    assert not judged(FIRST, SECOND, seconds=0.249)["time"].held
    assert judged(FIRST, SECOND, accuracy=0.995)["accuracy"].held
    assert not judged(FIRST, SECOND, accuracy=0.996)["accuracy"].held


def test_what_is_lost_was_not_answered_in_time() -> None:
    found = judged(FIRST, LOST)
    assert not found["time"].held
    assert not found["lost"].held
    assert (found["time"].seen, found["lost"].seen) == ("never", "100")
    assert found["lost"].detail == "status 503 (100)"
    assert found["accuracy"].detail.startswith("100 of 100"), "of those that were answered"
    assert found["accuracy"].held


def test_silence_is_no_pass() -> None:
    silent = Batch(0, 200, 10.0, 10.1, None, "no answer: ConnectError")
    assert not any(one.held for one in judged(silent).values())
    assert Outcome(LABELS, [silent]).shares.tolist() == [0] * 10
    assert "Nothing was answered" in compare(Outcome(LABELS, [silent]), EVEN)


def test_what_chance_explains_is_told_from_what_it_does_not() -> None:
    same, tilted = Outcome(LABELS, [FIRST]), Outcome(LABELS, [Batch(0, 100, 0, 1, (1,) * 50 + RIGHT[:50])])
    assert "but for 0.0 % of them, no more than chance explains" in compare(same, EVEN)
    assert "but for 45.0 % of them, more than chance explains" in compare(tilted, EVEN)


def test_shares_are_in_the_order_of_the_classes() -> None:
    counts = {str(one): one for one in reversed(CLASSES)}
    assert shares_of(counts) == pytest.approx(np.arange(10) / 45)
