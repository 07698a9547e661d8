"""A digit, drawn: the answer comes while it is drawn."""

import pytest
from playwright.sync_api import Page, expect

from tests.server.page.conftest import DIGITS, Visit, Visiting

pytestmark = pytest.mark.browser

TALL = (0.5, 0.2), (0.5, 0.8)
WIDE = (0.05, 0.3), (0.95, 0.3), (0.05, 0.7), (0.95, 0.7)


def draw(page: Page, *points: tuple[float, float]) -> None:
    """One stroke by mouse; the points are shares of the canvas."""
    box = page.locator(".drawing").bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)


def test_the_answer_comes_before_the_stroke_ends_and_changes_with_it(visit: Visit) -> None:
    part = visit.of(DIGITS)
    expect(part.locator(".told")).to_have_text("The answer appears as you draw.")
    draw(visit.page, *TALL)
    expect(part.locator(".label")).to_have_text("tall")
    visit.page.mouse.up()
    draw(visit.page, *WIDE)
    expect(part.locator(".label")).to_have_text("wide")
    expect(part.locator(".warnings li")).to_have_count(0)  # nothing is said of the drawing's form


def test_the_bars_say_what_the_server_says(visit: Visit) -> None:
    part = visit.of(DIGITS)
    with visit.page.expect_response("**/predict/upright") as asked:
        draw(visit.page, *TALL)
    visit.page.mouse.up()
    expect(part.locator(".likeliest")).to_have_attribute("data-label", "tall")
    sure = asked.value.json()["probabilities"]["tall"]
    assert 0.5 < sure < 0.999
    visit.page.wait_for_timeout(500)
    width = float(part.locator(".likeliest rect").get_attribute("width") or 0)
    assert part.locator(".likeliest .percent").inner_text() == f"{width:.1f} %" == part.locator(".sure").inner_text()
    assert part.locator(".seen img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]


def test_clearing_leaves_nothing(visit: Visit) -> None:
    part = visit.of(DIGITS)
    draw(visit.page, *TALL)
    visit.page.mouse.up()
    expect(part.locator(".label")).to_have_text("tall")
    part.get_by_role("button", name="Clear").click()
    visit.page.wait_for_timeout(300)
    expect(part.locator(".headline")).to_be_hidden()
    assert part.locator(".drawing").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, 336, 336).data.every((value, i) => i % 4 == 3 || !value)"
    )


def test_a_finger_draws_and_does_not_scroll(visiting: Visiting) -> None:
    visit = visiting(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    part = visit.of(DIGITS)
    box = part.locator(".drawing").bounding_box()
    assert box is not None
    touch = visit.page.context.new_cdp_session(visit.page)
    x, top, bottom = box["x"] + box["width"] / 2, box["y"] + 20, box["y"] + box["height"] - 20

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", (x, bottom))
    for step in range(1, 11):
        send("touchMove", (x, bottom + (top - bottom) * step / 10))
    send("touchEnd")
    expect(part.locator(".label")).to_have_text("tall")
    expect(part.locator(".label")).to_be_in_viewport()
    assert visit.page.evaluate("scrollY") == 0


def test_the_drawing_can_be_saved_and_is_the_picture_that_was_asked_about(visit: Visit) -> None:
    part = visit.of(DIGITS)
    draw(visit.page, *TALL)
    visit.page.mouse.up()
    expect(part.locator(".label")).to_have_text("tall")
    with visit.page.expect_download() as saved:
        part.get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "digit.png"
    part.locator("[name=image_file]").set_input_files(str(saved.value.path()))
    expect(part.locator(".given")).to_be_visible()
    expect(part.locator(".label")).to_have_text("tall")
    draw(visit.page, *WIDE)  # draws anew, without the picture
    expect(part.locator(".label")).to_have_text("wide")
    expect(part.locator(".given")).to_be_hidden()
    visit.page.mouse.up()
