"""The page of a model that predicts a named number: name, rounding and unit, with JavaScript and without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

import model
from tests.served import Served, serving
from tests.server.page.conftest import Visit, Visiting

pytestmark = pytest.mark.browser

BUNDLE = Path(model.__file__).parent / "bundles" / "media_cost"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environment = {"MODEL_NAME": "media_cost", "MODEL_PATH": str(BUNDLE)}
    with serving(environment, tmp_path_factory.mktemp("log") / "server.log") as served:
        yield served


def test_the_cost_of_the_example_is_shown_with_its_unit(visit: Visit) -> None:
    part = visit.of("media_cost")
    part.get_by_role("button", name="Predict").click()
    expect(part.locator(".label")).to_have_text("cost 105.41 dollars")
    part.get_by_label("video store", exact=True).select_option("true")
    part.get_by_label("store sqft", exact=True).fill("20319")
    expect(part.locator(".label")).not_to_have_text("cost 105.41 dollars")
    expect(part.locator(".label")).to_contain_text("cost ")


def test_a_browser_without_scripts_shows_the_same(visiting: Visiting) -> None:
    visit = visiting(java_script_enabled=False)
    part = visit.of("media_cost")
    visit.send(part)
    expect(visit.page.locator("#media_cost .label")).to_have_text("cost 105.41 dollars")
