"""axe-core, the engine of most accessibility checks, finds nothing on the page: WCAG 2.2, levels A and AA."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import npm_packages
from tests.server.page.conftest import CHOICES, DIGITS, ROWS, SCANS, Visit, Visiting
from tests.server.page.pictures import lit

pytestmark = [pytest.mark.browser, pytest.mark.network]

HERE = Path(__file__).with_name("axe")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES: tuple[Mapping[str, Any], ...] = (
    {"viewport": {"width": 1200, "height": 900}},
    {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"},
)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return (npm_packages(HERE, tmp_path_factory.mktemp("axe")) / "axe-core" / "axe.min.js").read_text()


def violations(visit: Visit, axe: str) -> list[str]:
    """Return the rules that the page breaks, with the elements."""
    visit.page.evaluate(axe)
    found = visit.page.evaluate("levels => axe.run({ runOnly: levels })", LEVELS)
    assert len(found["passes"]) > 10, "axe has looked at the page"
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found["violations"]]


@pytest.mark.parametrize("options", SIZES, ids=["desktop", "phone, dark"])
@pytest.mark.parametrize("model", [ROWS, DIGITS, SCANS, CHOICES])
def test_axe_finds_nothing_on_an_empty_form(
    visiting: Visiting, axe: str, model: str, options: Mapping[str, Any]
) -> None:
    visit = visiting(**options)
    expect(visit.of(model)).to_be_visible()
    assert violations(visit, axe) == []


@pytest.mark.parametrize("options", SIZES, ids=["desktop", "phone, dark"])
def test_axe_finds_nothing_beside_an_answer_and_a_refusal(
    visiting: Visiting, axe: str, options: Mapping[str, Any]
) -> None:
    visit = visiting(**options)
    part = visit.of(ROWS)
    part.get_by_role("button", name="Predict").click()
    expect(part.locator(".label")).not_to_be_empty()
    assert violations(visit, axe) == []
    part = visit.give(SCANS, ("scan.jpg", "image/jpeg", lit(210, 190)))
    expect(part.locator(".label")).not_to_be_empty()
    assert violations(visit, axe) == []
    part = visit.give(SCANS, ("letter.txt", "text/plain", b"Dear Sir or Madam"))
    expect(part.locator(".message")).to_contain_text("not a picture")
    assert violations(visit, axe) == []


def test_axe_finds_a_picture_without_words(visit: Visit, axe: str) -> None:
    visit.of(ROWS)
    visit.page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert [found.split(":")[0] for found in violations(visit, axe)] == ["image-alt"]
