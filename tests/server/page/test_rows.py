"""A model of rows: a form with a field per feature, filled with the example."""

import json
import subprocess

import pytest
from playwright.sync_api import expect

from tests.server.page.conftest import CHOICES, ROWS, Visit

pytestmark = pytest.mark.browser


def test_example_is_filled_in_and_answered(visit: Visit) -> None:
    part = visit.of(ROWS)
    assert [part.get_by_label(name, exact=True).input_value() for name in "xy"] == ["3.0", "-1.0"]
    expect(part.locator(".field").first).to_contain_text("Seen in training: -10 to 10.")
    expect(part.locator(".unit").first).to_have_text("m")
    part.get_by_role("button", name="Predict").click()
    expect(part.locator(".label")).to_have_text("high")
    expect(part.locator(".probability")).to_have_text("88.1 %")
    assert part.locator(".percent").all_inner_texts() == ["11.9 %", "88.1 %"]


def test_change_is_answered_at_once_and_a_value_out_of_range_is_marked(visit: Visit) -> None:
    part = visit.of(ROWS)
    part.get_by_label("x", exact=True).fill("-20")
    expect(part.locator(".label")).to_have_text("low")
    colours = [
        part.locator(place).evaluate("field => getComputedStyle(field).borderColor") for place in ("#sign-0", "#sign-1")
    ]
    assert colours[0] != colours[1]


def test_curl_command_repeats_the_request(visit: Visit) -> None:
    part = visit.of(ROWS)
    part.get_by_label("y", exact=True).fill("-1e-7")
    expect(part.locator(".label")).to_have_text("high")
    part.locator(".curl summary").click()
    command = part.locator(".curl code").inner_text()
    done = subprocess.run(["bash", "-c", f"{command} --silent"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["probability"] == pytest.approx(0.952574)


def test_a_boolean_and_a_code_are_chosen_from_lists(visit: Visit) -> None:
    part = visit.of(CHOICES)
    assert [part.get_by_label(name, exact=True).input_value() for name in ("member", "level", "note")] == [
        "true",
        "2",
        "new here",
    ]
    for member, level, prediction in (("true", "2.5", "26"), ("false", "2.5", "25"), ("", "1", "9")):
        part.get_by_label("member", exact=True).select_option(member)
        part.get_by_label("level", exact=True).select_option(level)
        expect(part.locator(".label")).to_have_text(prediction)
    part.get_by_label("note", exact=True).fill("two\nlines")
    expect(part.locator(".curl code")).to_contain_text('{"level":1,"note":"two\\nlines"}')
