"""An old answer never stands beside a new question."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.server.page.conftest import DIGITS, ROWS, SCANS, Visit
from tests.server.page.pictures import lit, stroke
from tests.server.page.test_drawing import TALL, draw

pytestmark = pytest.mark.browser

DIGIT = ("tall.png", "image/png", stroke((0.5, 0.1), (0.5, 0.9)))
WIDE = ("wide.png", "image/png", stroke((0.1, 0.5), (0.9, 0.5)))


@contextmanager
def slow(visit: Visit, model: str) -> Iterator[None]:
    """Hold the model's answers back until the end of the block."""
    visit.page.route(f"**/predict/{model}", lambda _: None)
    yield
    visit.page.unroute(f"**/predict/{model}")  # lets the requests go on


def choose(part: Locator, *files: tuple[str, str, bytes]) -> None:
    chosen: Any = [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    part.locator("[name=image_file]").set_input_files(chosen)


def expect_no_answer(part: Locator) -> None:
    for place in (".headline", ".likeliest", ".alarms", ".notes", ".seen", ".took", ".curl"):
        expect(part.locator(place)).to_be_hidden(timeout=1)


@pytest.mark.parametrize("count", [1, 3])
def test_the_answer_vanishes_at_once_when_a_new_picture_is_chosen(visit: Visit, count: int) -> None:
    part = visit.give(DIGITS, DIGIT)
    expect(part.locator(".label")).to_have_text("tall")
    with slow(visit, DIGITS):
        choose(part, *[WIDE] * count)
        expect_no_answer(part)
        expect(part.locator(".message")).to_have_text("One moment …")
        expect_no_answer(part)
    expect(part.locator(".label")).to_have_text("wide")


def test_the_answer_to_a_picture_vanishes_at_the_first_stroke(visit: Visit) -> None:
    part = visit.give(DIGITS, WIDE)
    expect(part.locator(".label")).to_have_text("wide")
    with slow(visit, DIGITS):
        draw(visit.page, *TALL)
        visit.page.mouse.up()
        expect_no_answer(part)
    expect(part.locator(".label")).to_have_text("tall")


def test_the_answer_to_other_values_vanishes_if_the_new_one_takes_long(visit: Visit) -> None:
    part = visit.of(ROWS)
    part.get_by_role("button", name="Predict").click()
    expect(part.locator(".label")).to_have_text("high")
    with slow(visit, ROWS):
        part.get_by_label("x", exact=True).fill("-20")
        expect(part.locator(".message")).to_have_text("One moment …")
        expect_no_answer(part)
    expect(part.locator(".label")).to_have_text("low")


def test_the_first_answer_stays_while_the_others_are_awaited(visit: Visit) -> None:
    picture = ("upper.jpg", "image/jpeg", lit(220, 90))
    part = visit.of(SCANS)
    answered = iter([True])
    held: list[Route] = []
    visit.page.route(
        "**/predict/half", lambda route: route.continue_() if next(answered, False) else held.append(route)
    )
    choose(part, picture, picture)
    expect(part.locator(".progress")).to_have_text("Picture 2 of 2 …")
    visit.page.wait_for_timeout(600)  # longer than it takes until "One moment …"
    expect(part.locator(".panes .label")).to_have_text("upper")
    for route in held:
        route.continue_()
    expect(part.locator(".progress")).to_have_text(re.compile("^2 pictures$"))
