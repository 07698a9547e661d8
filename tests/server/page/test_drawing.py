"""Draw a digit: the answer appears while it is drawn."""

import pytest
from playwright.sync_api import Page, Response, expect

from tests.server.page.conftest import DIGITS, Visit, Visiting

pytestmark = pytest.mark.browser

TALL = (0.5, 0.2), (0.5, 0.8)
WIDE = (0.05, 0.3), (0.95, 0.3), (0.05, 0.7), (0.95, 0.7)


def draw(page: Page, *points: tuple[float, float]) -> None:
    """One stroke by mouse; the points are fractions of the canvas."""
    box = page.locator(".drawing").bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)


def test_answer_appears_during_the_stroke_and_follows_the_drawing(visit: Visit) -> None:
    part = visit.of(DIGITS)
    expect(part.locator(".message")).to_have_text("The answer appears as you draw.")
    draw(visit.page, *TALL)
    expect(part.locator(".label")).to_have_text("tall")
    visit.page.mouse.up()
    draw(visit.page, *WIDE)
    expect(part.locator(".label")).to_have_text("wide")
    expect(part.locator(".notes li")).to_have_count(0)  # no note about the size of the drawing


def test_bars_and_percentages_show_the_servers_probabilities(visit: Visit) -> None:
    part = visit.of(DIGITS)
    responses: list[Response] = []  # the page asks during the stroke too, so only the last is of the whole drawing
    visit.page.on("response", lambda response: responses.append(response) if "/predict/" in response.url else None)
    draw(visit.page, *TALL)
    visit.page.mouse.up()
    expect(part.locator(".likeliest")).to_have_attribute("data-label", "tall")
    visit.page.wait_for_timeout(500)
    probability = responses[-1].json()["probabilities"]["tall"]
    assert 0.5 < probability < 0.999
    width = float(part.locator(".likeliest rect").get_attribute("width") or 0)
    assert (
        part.locator(".likeliest .percent").inner_text()
        == f"{width:.1f} %"
        == part.locator(".probability").inner_text()
    )
    assert part.locator(".seen img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [28, 28]


def test_clear_removes_the_answer_and_the_drawing(visit: Visit) -> None:
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


def test_finger_draws_without_scrolling_the_page(visiting: Visiting) -> None:
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


def test_saved_drawing_gets_the_same_answer_as_the_drawing(visit: Visit) -> None:
    part = visit.of(DIGITS)
    draw(visit.page, *TALL)
    visit.page.mouse.up()
    expect(part.locator(".label")).to_have_text("tall")
    with visit.page.expect_download() as saved:
        part.get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "drawing.png"
    part.locator("[name=image_file]").set_input_files(str(saved.value.path()))
    expect(part.locator(".given")).to_be_visible()
    expect(part.locator(".label")).to_have_text("tall")
    draw(visit.page, *WIDE)  # a stroke replaces the picture
    expect(part.locator(".label")).to_have_text("wide")
    expect(part.locator(".given")).to_be_hidden()
    visit.page.mouse.up()
