"""How the page shows answers of the kinds that are not a class with its probability, and what stands beside a class."""

from dataclasses import replace
from typing import Any

import pytest

from server.page.answer import render_answer
from server.predictor import Predictor

NAMES = {"low": "below zero", "high": "above zero"}
UNANSWERED: dict[str, Any] = dict.fromkeys(("label", "prediction", "probability", "probabilities"))


def test_a_class_is_called_by_its_name_and_not_by_its_label(sign: Predictor) -> None:
    text = render_answer(sign.task, NAMES, {"label": "low", "prediction": 0, "probability": 0.75})
    assert '<strong class="label">below zero</strong> <span class="probability">75.0 %</span>' in text
    assert '<li data-label="low" class="likeliest"><span class="class">below zero</span>' in text


def test_a_score_is_shown_beside_the_label(sign: Predictor) -> None:
    text = render_answer(sign.task, NAMES, {"label": "low", "prediction": 0, "score": -0.123456})
    assert '<strong class="label">below zero</strong> <span class="probability">score -0.1235</span>' in text


def test_each_of_several_numbers_is_shown_with_its_name(gap: Predictor) -> None:
    task = replace(gap.task, targets=("width", "height"))
    answered = render_answer(task, {}, {"prediction": [1.5, 2.0]})
    assert '<strong class="label">width 1.5, height 2.0</strong>' in answered
    assert '<strong class="label"></strong>' in render_answer(task, {}, None)


@pytest.mark.parametrize(("reason", "headline"), [("inconclusive", "Inconclusive"), ("blank", "No answer")])
def test_picture_without_an_answer_says_so_and_why(sign: Predictor, reason: str, headline: str) -> None:
    alarms = [{"reason": reason, "sentence": "Nobody can tell."}]
    text = render_answer(sign.task, NAMES, {**UNANSWERED, "notes": [], "alarms": alarms, "warnings": []})
    assert '<div class="answer unanswered">' in text
    assert f'<strong class="label">{headline}</strong> <span class="probability"></span>' in text
    assert '<div class="alarms" role="alert"><p>Nobody can tell.</p></div>' in text


def test_alarms_stand_apart_from_notes(sign: Predictor) -> None:
    remarks = {"notes": ["Inverted."], "alarms": [{"reason": "faint", "sentence": "Faint."}]}
    text = render_answer(sign.task, NAMES, {"label": "low", "probability": 0.75, **remarks, "warnings": ["Both."]})
    assert 'role="alert"><p>Faint.</p></div>' in text
    assert 'aria-label="What was done to the picture"><li>Inverted.</li></ul>' in text
    assert "Both." not in text


def test_warnings_of_a_row_are_alarms(sign: Predictor) -> None:
    text = render_answer(sign.task, NAMES, {"label": "low", "probability": 0.75, "warnings": ["Out of range."]})
    assert 'role="alert"><p>Out of range.</p></div>' in text
