"""The documentation page, used in a real browser."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@dataclass
class Visit:
    page: Page
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def visit(client: httpx.Client, browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser.new_page(viewport={"width": 1200, "height": 1000}))
    visit.page.on("request", lambda request: visit.requested.append(request.url))
    visit.page.on("console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None)
    visit.page.goto(f"{client.base_url}/docs")
    yield visit
    visit.page.close()


def test_example_can_be_executed_and_shows_the_answer(visit: Visit, client: httpx.Client) -> None:
    visit.page.get_by_role("button", name="POST /predict Predict one row").click()
    visit.page.get_by_role("button", name="Try it out").click()
    visit.page.get_by_role("button", name="Execute").click()
    answer = visit.page.locator(".live-responses-table .response-col_description .microlight").first
    assert json.loads(answer.inner_text())["label"] == "high"
    assert visit.complaints == []
    assert all(url.startswith((str(client.base_url), "data:")) for url in visit.requested), visit.requested


@pytest.mark.parametrize("path", ["/predict/batch", "/v1/models/price:predict", "/v2/models/price/infer", "/info"])
def test_prefilled_request_of_an_operation_succeeds(visit: Visit, path: str) -> None:
    operation = visit.page.locator(".opblock").filter(has=visit.page.locator(f'[data-path="{path}"]'))
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    status = operation.locator(".live-responses-table .response-col_status").last
    assert status.inner_text().strip() == "200"
    assert visit.complaints == []
