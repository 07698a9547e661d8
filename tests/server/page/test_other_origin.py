"""A page of another origin in a real browser calls the server, if CORS_ORIGINS names that origin."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.served import serving
from tests.server.page.conftest import ROWS

pytestmark = pytest.mark.browser

CALLS = """async (url) => {
  const json = {"content-type": "application/json", "x-request-id": "from/page=", "traceparent": "none"};
  const call = async (path, options) => {
    try {
      const answer = await fetch(url + path, options);
      return [answer.status, await answer.json(), answer.headers.get("x-request-id")];
    } catch (error) {
      return error.name;
    }
  };
  return {
    row: await call("/predict", {method: "POST", headers: json, body: '{"x": 3, "y": -1}'}),
    metadata: await call("/v2/models/sign", {headers: json}),
    refused: await call("/predict", {method: "POST", headers: json, body: "{"}),
    put: await call("/predict", {method: "PUT", headers: json, body: "{}"}),
  };
}"""


@pytest.fixture(scope="module")
def models(environment: dict[str, str]) -> dict[str, str]:
    return {"MODEL_NAME": ROWS, "MODEL_PATH": environment["MODEL_PATH"].partition(",")[0]}


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of another origin: the same host, another port."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>Another origin</title>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def called(browser: Browser, page_url: str, environment: dict[str, str], log: Path) -> dict[str, Any]:
    """Return what the page's calls give."""
    with serving(environment, log) as served:
        context = browser.new_context()
        page = context.new_page()
        page.goto(page_url)
        results: dict[str, Any] = page.evaluate(CALLS, served.url)
        context.close()
    return results


@pytest.mark.parametrize("origins", ["https://app.example.org, {page}", "*"], ids=["named", "any"])
def test_page_of_a_named_origin_predicts_and_reads_refusals(
    browser: Browser, page_url: str, models: dict[str, str], tmp_path: Path, origins: str
) -> None:
    named = models | {"CORS_ORIGINS": origins.format(page=page_url)}
    results = called(browser, page_url, named, tmp_path / "log")
    status, answer, name = results["row"]
    assert (status, answer["label"], name) == (200, "high", "from/page=")
    assert results["metadata"][1]["name"] == "sign"
    assert (results["refused"][0], results["refused"][1]["reason"]) == (400, "invalid_json")
    assert results["put"] == "TypeError"  # the preflight's answer does not name PUT


@pytest.mark.parametrize("origins", ["", "https://app.example.org"], ids=["none", "another"])
def test_page_of_another_origin_reads_nothing(
    browser: Browser, page_url: str, models: dict[str, str], tmp_path: Path, origins: str
) -> None:
    results = called(browser, page_url, models | {"CORS_ORIGINS": origins}, tmp_path / "log")
    assert set(results.values()) == {"TypeError"}
