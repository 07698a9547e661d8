"""Pictures of any size and format: what the server would refuse is made smaller or converted before it is sent."""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.served import serving
from tests.server.page.conftest import DIGITS, SCANS, Visit, Visiting
from tests.server.page.pictures import blank, encode, noise, stroke

pytestmark = pytest.mark.browser

LYING = Image.open(io.BytesIO(stroke((0.1, 0.5), (0.9, 0.5))))
TURN = 6  # the EXIF orientation of a picture that must be turned by a quarter


def turned(form: str, **options: Any) -> bytes:
    """Return the file of a lying stroke whose EXIF orientation makes it stand."""
    exif = Image.Exif()
    exif[0x0112] = TURN
    file = io.BytesIO()
    LYING.save(file, form, exif=exif, **options)
    return file.getvalue()


RECORD = """window.sent = [];
const send = window.fetch;
window.fetch = (path, options) => {
    window.sent.push(options.body.get('image_file'));
    return send(path, options);
};"""
READ = "() => Promise.all(window.sent.map(async (file) => [...new Uint8Array(await file.slice(0, 200).arrayBuffer())]))"


def sent(visit: Visit, model: str, file: tuple[str, str, bytes]) -> tuple[Locator, list[bytes]]:
    """Give the file, and return the model's part of the page and how each file begins that is sent for it."""
    visit.page.add_init_script(RECORD)
    part = visit.give(model, file)
    expect(part.locator(".headline:visible, .refused:visible").first).to_be_visible()
    return part, list(map(bytes, visit.page.evaluate(READ)))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_picture_that_the_server_reads_is_sent_as_it_is(visit: Visit, form: str) -> None:
    content = turned(form)
    part, begins = sent(visit, DIGITS, (f"a.{form.lower()}", f"image/{form.lower()}", content))
    expect(part.locator(".label")).to_have_text("tall")
    answer = httpx.post(f"{visit.url}/predict/{DIGITS}", files={"image_file": content}).json()
    expect(part.locator(".notes li")).to_have_text(answer["notes"])
    assert begins == [content[:200]]


@pytest.mark.parametrize("form", ["WEBP", "GIF", "BMP", "AVIF"])
def test_picture_of_another_format_is_converted_and_answered(visit: Visit, form: str) -> None:
    content = encode(LYING, form)
    part, begins = sent(visit, DIGITS, (f"a.{form.lower()}", f"image/{form.lower()}", content))
    expect(part.locator(".label")).to_have_text("wide")
    expect(part.locator(".notes li").first).to_contain_text("before sending.")
    expect(part.locator(".curl")).to_be_hidden()  # the file itself would be refused
    assert len(begins) == 1


def test_large_photo_is_made_smaller_and_turned_upright(visit: Visit) -> None:
    photo = Image.new("L", (2400, 1200))
    photo.paste(Image.effect_noise((2400, 600), 60).point(lambda level: level // 4))
    photo.paste(Image.effect_noise((2400, 600), 60).point(lambda level: 255 - level // 4), (0, 600))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=98, exif=exif)
    assert len(file.getvalue()) > 1 << 20
    part, _ = sent(visit, SCANS, ("photo.jpg", "image/jpeg", file.getvalue()))
    expect(part.locator(".label")).to_have_text("upper")
    expect(part.locator(".notes li").first).to_contain_text(
        "Made smaller before sending: from 2400 × 1200 to 2000 × 1000 pixels."
    )


def test_photo_with_too_many_pixels_is_made_smaller(visit: Visit) -> None:
    part, begins = sent(visit, SCANS, ("huge.jpg", "image/jpeg", encode(Image.new("L", (6000, 5000), 200), "JPEG")))
    expect(part.locator(".notes li").first).to_contain_text("from 6000 × 5000 to 2000 × 1667 pixels.")
    assert len(begins) == 2
    assert begins[1].startswith(b"\xff\xd8\xff")


def test_transparency_is_kept_for_the_server(visit: Visit) -> None:
    ink = Image.new("LA", (100, 100))
    ink.paste((0, 255), (45, 10, 55, 90))
    file = io.BytesIO()
    ink.save(file, "WEBP", lossless=True)
    part, begins = sent(visit, DIGITS, ("a.webp", "image/webp", file.getvalue()))
    expect(part.locator(".label")).to_have_text("tall")
    assert begins[0].startswith(b"\x89PNG")
    expect(part.locator(".notes li", has_text="ransparent")).to_have_count(1)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.heic", b"\x00\x00\x00\x18ftypheic" + bytes(100)), ("a.dcm", bytes(128) + b"DICM" + bytes(10))],
)
def test_file_that_the_browser_cannot_decode_is_sent_as_it_is(visit: Visit, name: str, content: bytes) -> None:
    part, begins = sent(visit, SCANS, (name, "", content))
    refusal = httpx.post(f"{visit.url}/predict/{SCANS}", files={"image_file": content}).json()
    expect(part.locator(".message")).to_have_text(refusal["error"])
    assert begins == [content]


def test_oversized_picture_is_made_smaller_with_a_note(visit: Visit) -> None:
    part, _ = sent(visit, SCANS, ("large.png", "image/png", noise(2400, 1200)))
    expect(part.locator(".notes li").first).to_contain_text("Made smaller before sending: from 2400 × 1200 to ")
    expect(part.locator(".curl")).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("huge.jpg", 201_000_000, "huge.jpg has 201 MB. The limit is 200 MB."),
        ("letter.jpg", 2_000_000, "letter.jpg is too large to send, and this browser cannot make it smaller"),
    ],
)
def test_oversized_file_that_is_no_picture_is_refused(
    visit: Visit, tmp_path: Path, name: str, size: int, sentence: str
) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(size)
    part = visit.of(SCANS)
    part.locator("[name=image_file]").set_input_files(tmp_path / name)
    expect(part.locator(".message")).to_contain_text(sentence)


def test_picture_is_made_to_fit_a_smaller_body_limit(
    environment: dict[str, str], visiting: Visiting, folder: Path
) -> None:
    with serving(
        {**environment, "MAX_BODY_BYTES": "200000", "MAX_PICTURE_BYTES": "200000"}, folder / "small.log"
    ) as small:
        part = visiting(small.url).give(SCANS, ("large.png", "image/png", noise(700, 700)))
        expect(part.locator(".notes li").first).to_contain_text("before sending")
        expect(part.locator(".headline")).to_be_visible()


def test_blank_picture_has_an_alarm_and_no_answer(visit: Visit) -> None:
    with visit.page.expect_response("**/predict/upright") as response:
        part = visit.give(DIGITS, ("grey.jpg", "image/jpeg", blank("JPEG")))
    alarms = [alarm["sentence"] for alarm in response.value.json()["alarms"]]
    expect(part.get_by_role("alert").locator("p")).to_have_text(alarms)
    expect(part.locator(".label")).to_have_text("No answer")
    expect(part.locator(".bars")).to_be_hidden()
