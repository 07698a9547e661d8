"""Several pictures fill a table: thumbnails, rows that open, refusals beside answers, and a CSV file."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.server.page.conftest import SCANS, Visit
from tests.server.page.pictures import blank, lit

pytestmark = pytest.mark.browser

UPPER, LOWER = ("upper.jpg", "image/jpeg", lit(220, 90)), ("lower.jpg", "image/jpeg", lit(90, 220))
GREY = ("grey.png", "image/png", blank("PNG"))
TEXT = ("letter.txt", "text/plain", b"Dear Sir or Madam")


def lines(part: Locator) -> list[list[str]]:
    rows = part.locator("tbody tr:not(.detail)").all()
    return [[text.strip() for text in row.locator("th, td").all_inner_texts()] for row in rows]


def test_rows_show_answers_and_refusals_beside_each_other(visit: Visit) -> None:
    part = visit.give(SCANS, UPPER, TEXT, GREY, LOWER)
    expect(part.locator(".progress")).to_have_text("4 pictures, 1 of them refused")
    shown = lines(part)
    assert [row[:2] for row in shown] == [
        ["upper.jpg", "Upper"],
        ["letter.txt", "Refused"],
        ["grey.png", "No answer"],
        ["lower.jpg", "Lower"],
    ]
    assert "not a picture" in shown[1][3]
    assert "nothing to see" in shown[2][3]


def test_the_panel_shows_the_first_picture_and_its_answer(visit: Visit) -> None:
    part = visit.give(SCANS, UPPER, LOWER)
    expect(part.locator(".progress")).to_have_text("2 pictures")
    expect(part.locator(".panes .label")).to_have_text("upper")
    brighter = part.locator(".panes .given").evaluate("""image => {
        const pen = new OffscreenCanvas(1, 2).getContext('2d');
        pen.drawImage(image, 0, 0, 1, 2);
        const [upper, , , , lower] = pen.getImageData(0, 0, 1, 2).data;
        return upper > lower;
    }""")
    assert brighter


def test_the_panel_shows_the_refusal_of_the_first(visit: Visit) -> None:
    part = visit.give(SCANS, TEXT, LOWER)
    expect(part.locator(".progress")).to_have_text("2 pictures, 1 of them refused")
    expect(part.locator(".panes .message")).to_contain_text("not a picture")


def test_each_row_has_a_thumbnail_of_its_picture(visit: Visit) -> None:
    part = visit.give(SCANS, UPPER, LOWER)
    thumbnails = part.locator("canvas.thumbnail")
    expect(thumbnails).to_have_count(2)
    sides = "canvas => [canvas.width, canvas.height]"
    top = "canvas => canvas.getContext('2d').getImageData(48, 8, 1, 1).data[0]"
    assert thumbnails.nth(0).evaluate(sides) == [96, 96]
    upper, lower = (thumbnails.nth(index).evaluate(top) for index in range(2))
    assert upper > 1.5 * lower


def test_row_opens_and_closes_by_keyboard(visit: Visit) -> None:
    part = visit.give(SCANS, UPPER, LOWER)
    expect(part.locator(".progress")).to_have_text("2 pictures")
    button = part.get_by_role("button", name="lower.jpg", expanded=False)
    button.focus()
    visit.page.keyboard.press("Enter")
    opened = part.locator(f"#{part.locator('.open').nth(1).get_attribute('aria-controls')}")
    expect(part.get_by_role("button", name="lower.jpg", expanded=True)).to_be_focused()
    expect(opened.locator(".label")).to_have_text("lower")
    expect(opened.locator(".likeliest .percent")).to_be_visible()
    assert opened.get_by_alt_text("The picture given").evaluate("image => image.naturalWidth") == 200
    assert opened.get_by_alt_text("The picture as the model sees it").evaluate("image => image.naturalWidth") == 128
    assert opened.locator("[role=alert], [role=status]").count() == 0  # what is read on demand is not announced
    visit.page.keyboard.press("Space")
    expect(opened).to_be_hidden()
    expect(part.locator(".open[aria-expanded=true]")).to_have_count(0)


def test_refused_row_opens_too(visit: Visit) -> None:
    part = visit.give(SCANS, UPPER, TEXT)
    part.get_by_role("button", name="letter.txt").click()
    expect(part.locator(".detail .message")).to_contain_text("not a picture")
    expect(part.locator(".detail .bars")).to_be_hidden()


def test_table_saves_as_csv(visit: Visit) -> None:
    odd = ('a "b", <i>c</i>.jpg', *LOWER[1:])
    part = visit.give(SCANS, UPPER, TEXT, odd, GREY)
    expect(part.locator(".progress")).to_have_text("4 pictures, 1 of them refused")
    with visit.page.expect_download() as saved:
        part.get_by_role("button", name="Save as CSV").click()
    assert saved.value.suggested_filename == "half.csv"
    with Path(saved.value.path()).open(newline="", encoding="utf-8") as file:
        upper, text, lower, grey = csv.DictReader(file)
    assert list(upper) == ["picture", "answer", "probability", "alarms", "notes", "refusal", "ms"]
    assert (upper["picture"], upper["answer"]) == ("upper.jpg", "upper")
    assert (lower["picture"], lower["answer"]) == (odd[0], "lower")
    assert 0.5 < float(upper["probability"]) <= 1
    assert int(upper["ms"]) >= 0
    assert "not a picture" in text["refusal"]
    assert (grey["answer"], grey["probability"]) == ("No answer", "")
    assert "nothing to see" in grey["alarms"]
