"""A server with models of rows and of pictures, and visits to its page in a real browser."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.served import Served, serving
from tests.server.bundles import club, sign
from tests.server.page import bundles

ROWS, DIGITS, SCANS, CHOICES = "sign", "upright", "half", "club"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("bundles")
    paths = [make(root / make.__name__).folder for make in (sign, bundles.upright, bundles.half, club)]
    return {
        "MODEL_NAME": f"{ROWS},{DIGITS},{SCANS},{CHOICES}",
        "MODEL_PATH": ",".join(map(str, paths)),
        "MAX_PICTURE_BYTES": "1048576",  # with the default of 10 MiB, tests of large pictures would take long
    }


@pytest.fixture(scope="session")
def served(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(environment, tmp_path_factory.mktemp("log") / "server.log") as served:
        yield served


@dataclass
class Visit:
    """The page in a browser tab.

    Attributes:
        page: The tab.
        url: The server.
        complaints: Console messages and requests to other hosts. Messages about refused requests are left out.
    """

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def of(self, model: str) -> Locator:
        """Open the page and return the model's section."""
        self.page.goto(f"{self.url}/#{model}")
        return self.page.locator(f"#{model}")

    def give(self, model: str, *files: tuple[str, str, bytes]) -> Locator:
        """Open the page and choose files, each as (name, type, content), for the model."""
        part = self.of(model)
        chosen: Any = [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
        part.locator("[name=image_file]").set_input_files(chosen)
        return part

    def send(self, part: Locator) -> None:
        """Send the form as a browser without scripts does, and wait until the next page is loaded and styled."""
        with self.page.expect_navigation():
            part.get_by_role("button", name="Predict").click()

    def width(self) -> int:
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width


Visiting = Callable[..., Visit]


@pytest.fixture
def visiting(browser: Browser, served: Served) -> Iterator[Visiting]:
    """Start visits with options of a browser context. At the end, none may have complaints."""
    visits: list[Visit] = []

    def begin(url: str = served.url, **options: Any) -> Visit:
        page = browser.new_context(**options).new_page()
        visit = Visit(page, url)
        visits.append(visit)
        page.on("request", lambda request: _check_host(visit, request.url))
        page.on("console", lambda message: _note(visit, message.text))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("filechooser", lambda _: None)  # without a listener, the first chooser may open and close unnoticed
        return visit

    yield begin
    for visit in visits:
        visit.page.context.close()
        assert visit.complaints == []


@pytest.fixture
def visit(visiting: Visiting) -> Visit:
    return visiting(viewport={"width": 1200, "height": 900})


def _check_host(visit: Visit, url: str) -> None:
    if not url.startswith((visit.url, "data:", "blob:")):
        visit.complaints.append(url)


def _note(visit: Visit, message: str) -> None:
    if not message.startswith("Failed to load resource"):
        visit.complaints.append(message)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")
