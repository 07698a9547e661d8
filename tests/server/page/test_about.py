"""What the page says about a model: its purpose first, how it was made last, and nothing that it does not show."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from model import bundle
from model.catalog import SHIPPED
from server.page.about import render_about
from server.page.section import render_section
from server.predictor import Predictor

CARD = {
    "intended_use": "Teaching.",
    "limits": ["Only for <x> below 3."],
    "method": "A network with 7 parameters.",
    "fits": {"test": "On rows that took no part in the fit."},
    "metrics": {"test": {"rows": 1200, "accuracy": 0.9349}, "other": {"rows": 10, "accuracy": 1.0}},
}


def about(sign: Predictor, card: Mapping[str, Any]) -> str:
    return render_about(replace(sign.bundle, card=card))


def test_purpose_comes_first_then_trust_then_the_method(sign: Predictor) -> None:
    parts = re.findall(r"<(?:h2|p|li)>([^<]*)", about(sign, CARD))
    assert parts == [
        "What it is for",
        "Teaching.",
        "How far to trust it",
        "Only for &lt;x&gt; below 3.",
        "93.5 % of 1,200 answers were right. On rows that took no part in the fit.",
        "How it was made",
        "A network with 7 parameters.",
        "Version 1.2.3, bundle ",
    ]


@pytest.mark.parametrize("metrics", [{}, None, [], {"test": 1}, {"test": {"accuracy": "high", "rows": 1}}])
def test_figures_that_the_card_lacks_are_left_out(sign: Predictor, metrics: object) -> None:
    text = about(sign, CARD | {"metrics": metrics})
    assert "answers were right" not in text
    assert "Only for" in text


def test_empty_card_has_only_the_version(sign: Predictor) -> None:
    assert "<h2>" not in about(sign, {})


@pytest.mark.parametrize("name", [model.name for model in SHIPPED if model.takes == "pictures"])
def test_models_that_ship_lead_with_their_purpose_and_point_to_nothing_outside(name: str) -> None:
    found = next(bundle.load(model.folder) for model in SHIPPED if model.name == name)
    text = str(render_about(found))
    assert text.index("What it is for") < text.index("How far to trust it") < text.index("How it was made")
    assert not re.search(r"\bparameters\b", text.partition("How it was made")[0])
    assert not re.search(r"out_of_distribution|is under", text)


def test_summary_says_what_the_model_does_and_not_how_it_was_made() -> None:
    for model in SHIPPED:
        if model.takes == "pictures":
            assert "parameters" not in str(bundle.load(model.folder).card["summary"])


def test_classes_are_called_by_their_names_on_the_page(sign: Predictor) -> None:
    sign.bundle = replace(sign.bundle, card={"data": {"classes": {"low": "below zero", "high": "above zero"}}})
    text = render_section(sign)
    assert '<span class="class">below zero</span>' in text
    assert "&quot;high&quot;,&quot;above zero&quot;" in text
