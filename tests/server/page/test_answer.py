"""How the page shows answers of the kinds that are neither a class with its probability nor one number."""

from dataclasses import replace

from server.page.answer import render_answer
from server.predictor import Predictor


def test_a_score_is_shown_beside_the_label(sign: Predictor) -> None:
    text = render_answer(sign.task, {"label": "low", "prediction": 0, "score": -0.123456})
    assert '<strong class="label">low</strong> <span class="probability">score -0.1235</span>' in text


def test_each_of_several_numbers_is_shown_with_its_name(gap: Predictor) -> None:
    task = replace(gap.task, targets=("width", "height"))
    assert '<strong class="label">width 1.5, height 2.0</strong>' in render_answer(task, {"prediction": [1.5, 2.0]})
    assert '<strong class="label"></strong>' in render_answer(task, None)
