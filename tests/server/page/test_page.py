"""The whole page: without scripts, by keyboard, on a phone, in dark mode, and closed to other origins."""

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.server.page.bundles import CAUTION
from tests.server.page.conftest import DIGITS, ROWS, SCANS, Visit, Visiting
from tests.server.page.pictures import encode, lit, stroke

pytestmark = pytest.mark.browser

SCAN = ("a" * 60 + ".jpg", "image/jpeg", lit(210, 190))
LETTER = ("letter.txt", "text/plain", b"Dear Sir or Madam")


def test_only_the_model_named_in_the_address_is_shown(visit: Visit) -> None:
    visit.page.goto(visit.url)
    expect(visit.page.locator(f"#{ROWS}")).to_be_visible()
    visit.page.get_by_role("navigation").get_by_role("link", name="Half").click()
    expect(visit.page.locator(f"#{SCANS}")).to_be_visible()
    for other in (ROWS, DIGITS):
        expect(visit.page.locator(f"#{other}")).to_be_hidden()
    expect(visit.page).to_have_title("Half · mlserving")
    assert visit.page.evaluate("scrollY") == 0
    expect(visit.page.locator("[aria-current=page]")).to_have_text("Half")
    visit.page.go_back()
    expect(visit.page.locator(f"#{ROWS}")).to_be_visible()


def test_caution_is_shown_before_and_after_an_answer(visit: Visit) -> None:
    part = visit.of(SCANS)
    expect(part.get_by_text(CAUTION)).to_be_visible()
    part = visit.give(SCANS, SCAN)
    expect(part.locator(".label")).to_have_text("upper")
    expect(part.get_by_text(CAUTION)).to_be_visible()


def test_picture_form_works_without_scripts(visiting: Visiting) -> None:
    visit = visiting(java_script_enabled=False)
    part = visit.give(SCANS, SCAN)
    visit.send(part)
    expect(part.locator(".label")).to_have_text("upper")
    assert part.locator(".seen img").evaluate("image => image.naturalWidth") == 128
    width = float(part.locator(".likeliest rect").get_attribute("width") or 0)
    assert part.locator(".likeliest .percent").inner_text() == f"{width:.1f} %"
    expect(part.get_by_text(CAUTION)).to_be_visible()


def test_row_form_works_without_scripts_and_keeps_its_values(visiting: Visiting) -> None:
    visit = visiting(java_script_enabled=False)
    part = visit.of(ROWS)
    part.get_by_label("x", exact=True).fill("-5")
    visit.send(part)
    expect(part.locator(".label")).to_have_text("low")
    assert part.get_by_label("x", exact=True).input_value() == "-5.0"


def test_refusal_without_scripts_is_a_page(visiting: Visiting) -> None:
    visit = visiting(java_script_enabled=False)
    part = visit.give(DIGITS, LETTER)
    with visit.page.expect_response(f"{visit.url}/") as answer:
        visit.send(part)
    assert answer.value.status == 400
    expect(visit.page.get_by_role("alert")).to_contain_text("not a picture")
    visit.page.get_by_role("link", name="Start again.").click()
    expect(visit.page.get_by_role("alert")).to_have_count(0)


def by_tab(page: Page, wanted: Locator) -> None:
    """Go on to what is wanted by the tabulator, as somebody without a mouse would."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if wanted.evaluate("wanted => wanted === document.activeElement"):
            return
    raise AssertionError("cannot be reached by the keyboard")


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.page
    page.goto(visit.url)
    by_tab(page, page.get_by_role("link", name="Upright"))
    page.keyboard.press("Enter")
    choose = page.locator(f"#{DIGITS}").get_by_label("Choose pictures")
    by_tab(page, choose)
    outline = choose.evaluate("input => getComputedStyle(input.closest('.button')).outlineStyle")
    assert outline == "solid"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": stroke((0.5, 0.1), (0.5, 0.9))})
    expect(page.locator(f"#{DIGITS} .label")).to_have_text("tall")
    by_tab(page, page.locator(f"#{DIGITS} .curl summary"))
    page.keyboard.press("Space")
    expect(page.locator(f"#{DIGITS}").get_by_role("button", name="Copy")).to_be_visible()


def test_enter_sends_the_row(visit: Visit) -> None:
    part = visit.of(ROWS)
    part.get_by_label("x", exact=True).press("Enter")
    expect(part.locator(".label")).to_have_text("high")


def test_elements_without_text_have_an_accessible_name(visit: Visit) -> None:
    part = visit.of(DIGITS)
    expect(part.get_by_role("img", name="Draw a handwritten digit here")).to_be_visible()
    part = visit.give(SCANS, SCAN)
    expect(part.get_by_alt_text("The picture as the model sees it")).to_be_visible()
    expect(part.get_by_role("list", name="Probability of each class")).to_be_visible()


STATES: dict[str, Callable[[Visit], Locator]] = {
    "rows": lambda visit: visit.of(ROWS),
    "a digit": lambda visit: visit.give(DIGITS, ("a.png", "image/png", stroke((0.5, 0.1), (0.5, 0.9)))),
    "a scan": lambda visit: visit.give(SCANS, SCAN),
    "several": lambda visit: visit.give(SCANS, LETTER, SCAN, SCAN),
    "a refusal": lambda visit: visit.give(SCANS, LETTER),
}


@pytest.mark.parametrize("width", [740, 1200])
def test_long_file_name_does_not_widen_the_table(visiting: Visiting, width: int) -> None:
    visit = visiting(viewport={"width": width, "height": 740})
    part = visit.give(SCANS, SCAN, LETTER)
    expect(part.locator(".progress")).to_have_text("2 pictures, 1 of them refused")
    assert visit.width() == width
    heights = part.locator("[data-of=probability], [data-of=ms]").evaluate_all(
        "cells => cells.map(cell => { const range = document.createRange(); range.selectNodeContents(cell);"
        " return range.getBoundingClientRect().height; })"
    )
    assert max(heights) < 30  # one line


@pytest.mark.parametrize(
    ("state", "scripts"),
    [*((state, True) for state in STATES), *((state, False) for state in STATES if state != "several")],
)
def test_page_fits_the_width_of_a_phone(visiting: Visiting, state: str, scripts: bool) -> None:
    visit = visiting(viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
    part = STATES[state](visit)
    if not scripts:
        visit.send(part)
    elif state == "rows":
        part.get_by_role("button", name="Predict").click()
    expect(visit.page.locator(".label:visible, .refused:visible").first).to_be_visible()
    for summary in visit.page.locator("summary:visible").all():
        summary.click()
    assert visit.width() == 360


@pytest.mark.parametrize("state", STATES)
def test_links_and_buttons_are_as_high_as_a_fingertip_on_a_phone(visiting: Visiting, state: str) -> None:
    visit = visiting(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    STATES[state](visit)
    if state != "rows":
        expect(visit.page.locator(".label:visible, .refused:visible").first).to_be_visible()
    low = visit.page.locator("a, button, .button, summary").evaluate_all(
        "elements => elements.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)"
        ".map((one) => one.outerHTML)"
    )
    assert low == []


@pytest.mark.parametrize("model", [DIGITS, SCANS])
def test_white_picture_has_no_dark_corners(visiting: Visiting, model: str) -> None:
    visit = visiting(viewport={"width": 1200, "height": 900}, color_scheme="light")
    part = visit.give(model, ("white.png", "image/png", encode(Image.new("L", (300, 300), 255), "PNG")))
    expect(part.locator(".label")).to_have_text("No answer")
    expect(part.locator(".given")).to_be_visible()
    shown = Image.open(io.BytesIO(part.locator(".given").screenshot())).convert("L")
    assert min(shown.tobytes()) > 128


def test_colours_follow_the_preferred_scheme(visiting: Visiting) -> None:
    def light(scheme: str, place: str, what: str) -> int:
        page = visiting(color_scheme=scheme).of(DIGITS).page
        colour: str = page.locator(place).first.evaluate(f"element => getComputedStyle(element).{what}")
        return sum(int(number) for number in colour[4:-1].split(","))

    assert light("dark", "body", "backgroundColor") < 100
    assert light("light", "body", "backgroundColor") > 650
    assert light("dark", "h1", "color") > 650
    assert light("light", "h1", "color") < 150


def test_reduced_motion_disables_transitions(visiting: Visiting) -> None:
    part = visiting(reduced_motion="reduce").of(DIGITS)
    assert part.locator("rect").first.evaluate("bar => getComputedStyle(bar).transitionDuration") == "0s"


def test_content_security_policy_blocks_injected_scripts(visiting: Visiting) -> None:
    visit = visiting()
    page = visit.of(ROWS)
    page.evaluate("part => part.innerHTML = '<img src=https://example.org/a.png onerror=window.ran=true>'")
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in message for message in visit.complaints)
    visit.complaints.clear()
