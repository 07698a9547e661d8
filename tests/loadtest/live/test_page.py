"""A browser that watches a real experiment of forty seconds: on a desk, on a phone, and as a hidden tab."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.loadtest.live.test_process import refuses
from tests.loadtest.test_experiment import ALONE

pytestmark = [pytest.mark.browser, pytest.mark.load]
HIDDEN = "Object.defineProperty(document, 'hidden', {get: () => true})"
SECONDS = 40  # long enough for the slowest browser to see it run


@contextmanager
def experiment(host: str, output: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start an experiment; yield its process and the address that it prints."""
    table = output / "traffic.csv"
    table.write_text(f"time,requests\n0,20\n{SECONDS // 2},40\n")
    words = ["--shape", str(table), "--host", host, "--output", str(output), "--no-cluster"]
    command = [sys.executable, "-m", "loadtest", *words]
    with subprocess.Popen(command, env=ALONE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        printed = running.stdout.readline()
        assert printed.startswith("Watch it at http://127.0.0.1:")
        yield running, printed.split()[-1]
        running.communicate(timeout=120)


def opened(browser: Browser, address: str, width: int, complaints: list[str], script: str = "") -> Page:
    page = browser.new_context(viewport={"width": width, "height": 500}).new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_init_script(script)
    page.goto(address)
    return page


def test_page_fills_in_and_becomes_the_report(browser: Browser, serve: Callable[..., str], tmp_path: Path) -> None:
    complaints: list[str] = []
    with experiment(serve(), tmp_path) as (running, address):
        desk, phone = (opened(browser, address, width, complaints) for width in (1200, 380))
        hidden = opened(browser, address, 1200, complaints, HIDDEN)
        asked: list[str] = []
        hidden.on("request", lambda request: asked.append(request.url))
        for page in (desk, phone):
            expect(page.locator("h1")).to_have_text(re.compile(r"Running Traffic: 0:\d\d of 0:40"))
            expect(page.locator("#live")).to_contain_text("Live")
            assert page.locator("figure svg:visible").count() == 1
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        desk.locator("summary").click()
        desk.evaluate("scrollTo(0, 700)")
        before = desk.locator("h1").inner_text()
        expect(desk.locator("h1")).not_to_have_text(before)
        assert desk.evaluate("scrollY") == 700
        assert desk.locator("details pre").is_visible()
        expect(hidden.locator("h1")).to_have_count(0)
        for page in (desk, phone, hidden):
            expect(page.locator("h1")).to_have_text(re.compile("Passed|Missed"), timeout=1000 * (SECONDS + 30))
            expect(page.locator("#live")).to_contain_text("The run has ended, and this address with it.")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert running.wait(timeout=30) in {0, 1}  # a busy machine may miss the latency
    report = (tmp_path / "latest").resolve() / "report.html"
    assert str(report) in desk.locator("#live").inner_text()
    desk.locator("summary").click()
    offline = opened(browser, report.as_uri(), 1200, complaints)
    assert desk.locator("main").inner_html().strip() == offline.locator("main").inner_html().strip()
    assert {url.removeprefix(address) for url in asked} <= {"/report"}
    assert refuses(address)
    assert complaints == []


def test_page_says_that_the_command_has_ended(browser: Browser, serve: Callable[..., str], tmp_path: Path) -> None:
    with experiment(serve(), tmp_path) as (running, address):
        page = opened(browser, address, 380, [])
        expect(page.locator("h1")).to_contain_text("Running")
        running.kill()
        expect(page.locator("#live")).to_contain_text("ended without a report")
        assert "Running" in page.locator("h1").inner_text()
