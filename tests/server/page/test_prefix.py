"""The pages behind an nginx that strips a prefix from the path, as an ingress or a gateway does."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.nginx import nginx
from tests.served import Served, free_port
from tests.server.page.conftest import DIGITS, ROWS, SCANS, Visit, Visiting
from tests.server.page.pictures import lit, stroke

pytestmark = pytest.mark.browser

PREFIX = """
  server {{
    listen 127.0.0.1:{port};
    location /team/models/ {{ proxy_pass {url}/; }}
    location / {{ return 404; }}
  }}
"""


@pytest.fixture(scope="module")
def prefixed(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server behind the proxy, without a slash at its end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/team/models"
    with nginx(tmp_path_factory.mktemp("nginx"), PREFIX.format(port=port, url=served.url), f"{url}/health"):
        assert httpx.get(f"{url}/health").json() == {"status": "ok"}
        yield url


@pytest.fixture
def visit(visiting: Visiting, prefixed: str) -> Visit:
    return visiting(prefixed)


def test_row_is_predicted_and_its_curl_command_works(visit: Visit) -> None:
    part = visit.of(ROWS)
    part.get_by_role("button", name="Predict").click()
    expect(part.locator(".label")).to_have_text("high")
    part.locator(".curl summary").click()
    command = part.locator(".curl code").inner_text()
    assert visit.url in command
    done = subprocess.run(["bash", "-c", f"{command} -s"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["label"] == "high"


def test_picture_is_predicted_and_its_curl_command_works(visit: Visit, folder: Path) -> None:
    part = visit.give(DIGITS, ("a.png", "image/png", stroke((0.5, 0.1), (0.5, 0.9))))
    expect(part.locator(".label")).to_have_text("tall")
    part.locator(".curl summary").click()
    command = part.locator(".curl code").inner_text()
    (folder / "a.png").write_bytes(stroke((0.5, 0.1), (0.5, 0.9)))
    done = subprocess.run([*shlex.split(command), "-s"], cwd=folder, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["label"] == "tall"


def test_links_stay_behind_the_prefix(visit: Visit) -> None:
    visit.page.goto(f"{visit.url}/")
    visit.page.get_by_role("navigation").get_by_role("link", name="Half").click()
    expect(visit.page.locator(f"#{SCANS}")).to_be_visible()
    visit.page.get_by_role("link", name="mlserving").click()
    expect(visit.page.locator(f"#{ROWS}")).to_be_visible()
    assert visit.page.url == f"{visit.url}/"


@pytest.mark.parametrize("model", [ROWS, SCANS])
def test_form_works_without_scripts(visiting: Visiting, prefixed: str, model: str) -> None:
    visit = visiting(prefixed, java_script_enabled=False)
    part = visit.of(ROWS) if model == ROWS else visit.give(SCANS, ("a.png", "image/png", lit(220, 90)))
    visit.send(part)
    expect(part.locator(".label")).to_have_text({ROWS: "high", SCANS: "upper"}[model])
    assert visit.page.url == f"{visit.url}/"
    assert (
        visit.page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") != "none"
    )  # style.css is there


def test_refusal_without_scripts_leads_back(visiting: Visiting, prefixed: str) -> None:
    visit = visiting(prefixed, java_script_enabled=False)
    visit.send(visit.give(DIGITS, ("letter.txt", "text/plain", b"Dear Sir or Madam")))
    expect(visit.page.get_by_role("alert")).to_contain_text("not a picture")
    visit.page.get_by_role("link", name="Start again.").click()
    expect(visit.page.locator(f"#{ROWS}")).to_be_visible()


def test_example_in_the_documentation_is_sent_behind_the_prefix(visit: Visit) -> None:
    visit.page.goto(f"{visit.url}/")
    visit.page.get_by_role("link", name="API documentation").click()
    operation = visit.page.locator(".opblock").filter(has=visit.page.locator('[data-path="/predict"]'))
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    with visit.page.expect_response(f"{visit.url}/predict") as answer:
        operation.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
