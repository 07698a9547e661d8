"""Pictures arrive chosen, dropped, pasted, photographed, or several at once."""

import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.page.conftest import DIGITS, ROWS, SCANS, Visit, Visiting
from tests.server.page.pictures import lit, stroke

pytestmark = pytest.mark.browser

UPPER, LOWER = ("upper.jpg", "image/jpeg", lit(220, 90)), ("lower.jpg", "image/jpeg", lit(90, 220))

TRANSFER = """([name, type, content]) => {
    const transfer = new DataTransfer(), bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt());
    transfer.items.add(new File([bytes], name, { type }));
    return transfer;
}"""


def drop_or_paste(page: Page, event: str, file: tuple[str, str, bytes]) -> None:
    """Drop or paste the file somewhere on the page."""
    name, kind, content = file
    transfer = page.evaluate_handle(TRANSFER, [name, kind, b64encode(content).decode()])
    page.locator("footer").evaluate(
        """(place, [event, transfer]) => place.dispatchEvent(event === 'paste'
            ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })
            : new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true }))""",
        [event, transfer],
    )


def test_chosen_picture_gets_a_full_answer(visit: Visit) -> None:
    part = visit.give(SCANS, UPPER)
    expect(part.locator(".label")).to_have_text("upper")
    expect(part.locator(".likeliest .percent")).to_have_text(part.locator(".probability").inner_text())
    expect(part.locator(".took")).to_contain_text("ms round trip")
    expect(part.locator(".given")).to_be_visible()
    assert part.locator(".seen img").evaluate("image => image.naturalWidth") == 128
    expect(part.locator(".several")).to_be_hidden()


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_picture_dropped_or_pasted_anywhere_is_answered(visit: Visit, event: str) -> None:
    part = visit.of(SCANS)
    if event == "drop":
        drop_or_paste(visit.page, "dragover", LOWER)
        expect(visit.page.locator("html.dragging")).to_be_attached()
    drop_or_paste(visit.page, event, LOWER)
    expect(part.locator(".label")).to_have_text("lower")
    expect(visit.page.locator("html.dragging")).not_to_be_attached()


def test_picture_dropped_on_a_row_model_is_refused(visit: Visit) -> None:
    part = visit.of(ROWS)
    drop_or_paste(visit.page, "drop", UPPER)
    expect(part.locator(".message")).to_have_text("This model takes numbers. Choose a model of pictures first.")


def test_click_on_the_drop_area_opens_the_file_chooser(visit: Visit) -> None:
    part = visit.of(SCANS)
    with visit.page.expect_file_chooser() as chooser:
        part.locator(".drop").click()
    assert chooser.value.is_multiple()


def test_camera_is_offered_on_phones_only(visiting: Visiting) -> None:
    photograph = "Take a photograph"
    expect(visiting().of(SCANS).get_by_text(photograph)).to_be_hidden()
    phone = visiting(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    taken = phone.of(SCANS).get_by_label(photograph)
    assert taken.get_attribute("capture") == "environment"
    taken.set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": LOWER[2]})
    expect(phone.page.locator(f"#{SCANS} .label")).to_have_text("lower")


def test_new_choice_replaces_a_running_one(visit: Visit) -> None:
    part = visit.give(SCANS, *[UPPER] * 40)
    expect(part.locator("tbody tr").first).to_be_visible()
    part.locator("[name=image_file]").set_input_files({"name": "x.jpg", "mimeType": "image/jpeg", "buffer": LOWER[2]})
    expect(part.locator(".label")).to_have_text("lower")
    visit.page.wait_for_timeout(300)
    expect(part.locator(".several")).to_be_hidden()
    expect(part.locator(".label")).to_have_text("lower")


def command(part: Locator) -> str:
    part.locator(".curl summary").click()
    return part.locator(".curl code").inner_text()


def test_curl_command_repeats_the_request(visit: Visit, tmp_path: Path) -> None:
    name = "it's a $HOME.png"
    (tmp_path / name).write_bytes(stroke((0.5, 0.1), (0.5, 0.9)))
    part = visit.give(DIGITS, (name, "image/png", (tmp_path / name).read_bytes()))
    expect(part.locator(".label")).to_have_text("tall")
    done = subprocess.run(
        ["bash", "-c", f"{command(part)} --silent"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert '"label":"tall"' in done.stdout


def test_copy_button_copies_the_command(visiting: Visiting) -> None:
    visit = visiting(permissions=["clipboard-read", "clipboard-write"])
    part = visit.give(SCANS, UPPER)
    written = command(part)
    part.get_by_role("button", name="Copy").click()
    expect(part.get_by_role("button", name="Copied")).to_be_visible()
    assert visit.page.evaluate("navigator.clipboard.readText()") == written
