"""The documentation page as a person uses it, in a real browser."""

import json

import httpx
import pytest
from playwright.sync_api import sync_playwright


@pytest.mark.browser
def test_a_visitor_tries_the_example_and_sees_the_answer(client: httpx.Client, chromium: str) -> None:
    requested: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"{client.base_url}/docs")
        page.get_by_role("button", name="POST /predict Predict one row").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table .response-col_description .microlight").first
        assert json.loads(answer.inner_text())["label"] == "high"
        browser.close()
    assert complaints == []
    assert all(url.startswith((str(client.base_url), "data:")) for url in requested), requested
