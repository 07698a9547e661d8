import numpy as np
import pytest

from model.image.alarms import is_inconclusive
from model.task import Abstention
from model.train.brain_mri.abstention import Answers, answers, coverage, fit_abstention
from model.train.picture.evaluate import Predictions


def judged(count: int, seed: int, *, sure: bool) -> Answers:
    """Return answers that are the more often wrong the more doubt there is; the strangeness says nothing."""
    random = np.random.default_rng(seed)
    doubts = random.uniform(0, 0.2 if sure else 0.7, count)
    labels = random.integers(0, 2, count)
    probabilities = np.stack([1 - doubts, doubts], axis=1)
    probabilities[labels == 1] = probabilities[labels == 1, ::-1]
    doubts = 1 - probabilities.max(axis=1)
    labels = probabilities.argmax(axis=1)
    return Answers(labels, probabilities, random.uniform(0.4, 1, count), random.random(count) < doubts)


def test_each_class_of_the_usual_scans_gets_its_coverage() -> None:
    usual = judged(800, 1, sure=True)
    rule = fit_abstention([judged(300, 2, sure=False), judged(300, 3, sure=False)], usual, [0.9, 0.7])
    withheld = is_inconclusive(rule, usual.labels, usual.probabilities, usual.strangeness)
    assert np.mean(~withheld[usual.labels == 0]) == pytest.approx(0.9, abs=0.01)
    assert np.mean(~withheld[usual.labels == 1]) == pytest.approx(0.7, abs=0.01)
    assert rule.doubt > 3 * rule.strangeness >= 0


def test_answers_that_are_kept_are_wrong_less_often() -> None:
    new = judged(1000, 4, sure=False)
    rule = fit_abstention([judged(300, 2, sure=False)], judged(300, 5, sure=True), [0.95, 0.95])
    figures = coverage(rule, new)
    assert figures["wrong_of_answered"] < 0.5 * figures["wrong"]
    assert figures["wrong_and_answered"] == pytest.approx(figures["answered"] * figures["wrong_of_answered"], abs=1e-3)


def test_a_class_that_is_never_answered_has_a_limit() -> None:
    usual = judged(50, 1, sure=True)
    rule = fit_abstention([judged(50, 2, sure=True)], usual, [0.9, 0.9, 0.9])
    assert len(rule.limits) == 3


def test_strangeness_is_counted_in_thresholds() -> None:
    predictions = Predictions(np.array([0]), np.array([[0.75, 0.25]]), np.array([6.0]))
    given = answers(predictions, 4.0, np.array([True]))
    assert (given.doubts.tolist(), given.strangeness.tolist()) == ([0.25], [1.5])
    for limit, withheld in ((1.9, True), (2.1, False)):
        rule = Abstention(2, 1, (limit, 0))
        assert is_inconclusive(rule, given.labels, given.probabilities, given.strangeness).tolist() == [withheld]
