"""Errors are explained where the person looks."""

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.served import free_port, serving, start, wait_until_ready
from tests.server.page.conftest import DIGITS, ROWS, Visit, Visiting
from tests.server.page.pictures import stroke

pytestmark = pytest.mark.browser

DIGIT = ("digit.png", "image/png", stroke((0.5, 0.1), (0.5, 0.9)))


def choose(part: Locator, name: str, content: bytes) -> None:
    """Choose another picture on the open page."""
    part.locator("[name=image_file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": content})


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (("letter.png", "image/png", b"Dear Sir or Madam"), "not a picture"),
        (("cut.png", "image/png", DIGIT[2][:-30]), "cut short"),
        (("nothing.png", "image/png", b""), "empty"),
    ],
    ids=["no picture", "cut short", "empty"],
)
def test_unreadable_picture_shows_the_servers_sentence(
    visit: Visit, file: tuple[str, str, bytes], sentence: str
) -> None:
    part = visit.give(DIGITS, file)
    expect(part.locator(".refused .message, .refused.answer .message")).to_contain_text(sentence)
    expect(part.locator(".message")).to_have_attribute("role", "status")
    expect(part.locator(".headline")).to_be_hidden()


def test_refusal_replaces_the_answer_and_the_next_answer_replaces_it(visit: Visit) -> None:
    part = visit.give(DIGITS, DIGIT)
    expect(part.locator(".label")).to_have_text("tall")
    choose(part, "letter.png", b"Dear Sir or Madam")
    expect(part.locator(".answer.refused")).to_be_visible()
    expect(part.locator(".headline")).to_be_hidden()
    expect(part.locator(".likeliest")).to_have_count(0)
    choose(part, "digit.png", DIGIT[2])
    expect(part.locator(".label")).to_have_text("tall")
    expect(part.locator(".answer.refused")).not_to_be_attached()
    expect(part.locator(".message")).to_be_empty()


def test_request_is_retried_until_an_unreachable_server_is_back(
    environment: dict[str, str], visiting: Visiting, folder: Path
) -> None:
    settings = {**environment, "PORT": str(free_port())}
    with serving(settings, folder / "first.log") as first:
        visit = visiting(first.url)
        part = visit.give(DIGITS, DIGIT)
        expect(part.locator(".label")).to_have_text("tall")
        first.stop(signal.SIGKILL)
        lying = stroke((0.1, 0.5), (0.9, 0.5))
        choose(part, "lying.png", lying)
        expect(part.locator(".message")).to_contain_text("The server cannot be reached. Retrying in 1 s.")
        expect(part.locator(".answer.waiting")).to_be_visible()
        expect(part.locator(".headline")).to_be_hidden()
        second = start(settings, folder / "second.log")
        wait_until_ready(second)
        expect(part.locator(".label")).to_have_text("wide")
        expect(part.locator(".message")).to_have_text("The server is back.")
        expect(part.locator(".answer.waiting")).not_to_be_attached()
        second.stop()


def test_retry_waits_as_long_as_a_busy_server_asks(visit: Visit) -> None:
    busy = iter([True])

    def answer(route: Route) -> None:
        if next(busy, False):
            route.fulfill(status=503, headers={"Retry-After": "2"}, json={"error": "More is waiting."})
        else:
            route.continue_()

    visit.page.route("**/predict/upright", answer)
    part = visit.give(DIGITS, DIGIT)
    expect(part.locator(".message")).to_have_text("The server is busy. Retrying in 2 s.")
    visit.page.wait_for_timeout(600)
    expect(part.locator(".message")).to_have_text("The server is busy. Retrying in 2 s.")
    expect(part.locator(".label")).to_have_text("tall")


def test_response_of_a_gateway_is_shown_by_its_status(visit: Visit) -> None:
    visit.page.route("**/predict/upright", lambda route: route.fulfill(status=502, body="<html>Bad gateway"))
    part = visit.give(DIGITS, DIGIT)
    expect(part.locator(".message")).to_have_text("The server answered 502 without an explanation.")


def test_blank_field_shows_the_servers_sentence(visit: Visit) -> None:
    part = visit.of(ROWS)
    part.get_by_label("x", exact=True).fill("")
    expect(part.locator(".refused .message, .refused.answer .message")).to_contain_text(re.compile(r"\bx\b"))
