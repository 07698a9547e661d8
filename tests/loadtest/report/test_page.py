"""The report in a real browser: offline, on a desktop, on a phone, in the dark style and in print."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from loadtest.objectives import OBJECTIVES
from loadtest.report import page, scaling, summary, timeline, verdict, write
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic

pytestmark = pytest.mark.browser
DESK, PHONE = 1200, 380


def failing(t: int, shape: Shape) -> LoadSecond:
    second = synthetic.load_second(t, shape)
    for _ in range(5 if 60 <= t < 64 else 0):
        second.count_failed("wrong answer: label '<script>alert(1)</script>' for a row that is 'M'", "pod-1")
    return second


def warned(t: int) -> dict[str, Any]:
    """Return a cluster whose Kubernetes events have long words."""
    message = 'Readiness probe failed: Get "http://10.244.0.10:8000/health/ready": context deadline exceeded'
    event = {"at": synthetic.ZERO + t, "object": "ml-serving-deployment-56cd54c6f6-7gf4x"}
    event |= {"reason": "Unhealthy", "message": message, "type": "Warning"}
    return synthetic.cluster_line(t) | {"events": [event] if t == 60 else []}


RUNS: dict[str, dict[str, Any]] = {
    "good": {},
    "failing": {"load": failing, "cluster": warned},
    "alone": {"cluster": None},
    "faults": {"shape": synthetic.BROKEN},
    "interrupted": {"until": 70, "interrupted": True},
    "running": {"until": 35, "interrupted": True},
}


@pytest.fixture(scope="module", params=RUNS)
def page_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = synthetic.folder(tmp_path_factory.mktemp(request.param), **RUNS[request.param])
    for lines in folder.glob("*.jsonl"):  # pods have long names
        lines.write_text(lines.read_text().replace('"pod-', '"ml-serving-deployment-56cd54c6f6-7gf4'))
    if request.param == "running":
        run = timeline.read(folder, running=True)
        scaled = scaling.analyse(run)
        judgement = verdict.judge(run, scaled)
        html = page.render(run, scaled, judgement, summary.summarize(run, scaled, judgement))
        (folder / "report.html").write_text(html)
    else:
        write.write(folder)
    return folder / "report.html"


def opened(browser: Browser, path: Path, width: int, complaints: list[str], **options: Any) -> Page:
    """Open the page; record everything it requests from a network or logs as `complaints`."""
    page = browser.new_context(viewport={"width": width, "height": 800}, **options).new_page()
    page.on("request", lambda request: None if request.url == path.as_uri() else complaints.append(request.url[:100]))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_needs_no_network_and_fits_the_width(browser: Browser, page_of: Path, width: int, scheme: str) -> None:
    complaints: list[str] = []
    page = opened(browser, page_of, width, complaints, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("figure svg:visible").count() == 1
    for objective in OBJECTIVES:
        row = page.locator(f"tr[data-objective={objective.key}]")
        assert row.is_visible()
        assert objective.name in row.inner_text()
    assert [entry for entry in complaints if not entry.startswith("data:")] == []
    page.context.close()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_every_figure_fits_without_horizontal_scrolling(browser: Browser, page_of: Path, width: int) -> None:
    page = opened(browser, page_of, width, [])
    cells = page.evaluate("""[...document.querySelectorAll('tbody th, tbody td, dd')].map(cell => {
        const range = document.createRange(); range.selectNodeContents(cell);
        const box = range.getBoundingClientRect(), column = document.querySelector('header').getBoundingClientRect();
        return [cell.innerText, box.left - column.left, column.right - box.right, box.height - 9]; })""")
    assert len(cells) > 40
    assert [cell for cell in cells if min(cell[1:]) < -1] == []
    page.context.close()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_no_text_of_the_chart_is_cut_off_or_tiny(browser: Browser, page_of: Path, width: int) -> None:
    page = opened(browser, page_of, width, [])
    boxes = page.evaluate("""[...document.querySelectorAll('figure svg')]
        .filter(svg => svg.getBoundingClientRect().width)
        .flatMap(svg => [...svg.querySelectorAll('text')].map(text => {
            const frame = svg.getBoundingClientRect(), box = text.getBoundingClientRect();
            return [text.textContent, box.left - frame.left, frame.right - box.right, box.top - frame.top,
                    frame.bottom - box.bottom, box.height]; }))""")
    assert len(boxes) > 20
    assert [box for box in boxes if min(box[1:5]) < -1] == []
    assert [box for box in boxes if box[5] < 9] == []
    page.context.close()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_no_texts_of_the_chart_overlap(browser: Browser, page_of: Path, width: int) -> None:
    page = opened(browser, page_of, width, [])
    boxes = page.evaluate("""[...document.querySelectorAll('figure svg text')].map(text => {
        const box = text.getBoundingClientRect();
        return [text.textContent, box.left, box.right, box.top, box.bottom]; }).filter(box => box[2] > box[1])""")
    overlapping = [
        (a[0], b[0])
        for i, a in enumerate(boxes)
        for b in boxes[i + 1 :]
        if min(a[2], b[2]) - max(a[1], b[1]) > 1 and min(a[4], b[4]) - max(a[3], b[3]) > 3
    ]
    assert overlapping == []
    page.context.close()


def test_dark_style_applies_to_the_chart(browser: Browser, page_of: Path) -> None:
    ink = {}
    for scheme in ("light", "dark"):
        page = opened(browser, page_of, DESK, [], color_scheme=scheme)
        ink[scheme] = page.evaluate(
            "getComputedStyle([...document.querySelectorAll('.wide text')].find(t => t.textContent == 'Users')).fill"
        )
        page.context.close()
    assert ink["light"] != ink["dark"]


def test_page_prints_in_the_light_style_on_a_few_pages(browser: Browser, page_of: Path) -> None:
    page = opened(browser, page_of, DESK, [], color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("figure svg:visible").count() == 1
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 4
    page.context.close()


def test_page_and_chart_name_the_models_under_load(browser: Browser, tmp_path: Path) -> None:
    plan = synthetic.folder(tmp_path) / "plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_text()) | {"models": {"digits": 3, "brain_mri": 1}}))
    write.write(tmp_path)
    words = "digits (3) and brain_mri (1)"
    for width in (DESK, PHONE):
        page = opened(browser, tmp_path / "report.html", width, [])
        assert f"· demo · {words} ·" in page.title()
        assert f"Load test demo of {words} against" in page.locator("header").inner_text()
        assert words in page.locator(".repeat").inner_text().splitlines()
        assert page.locator("figure svg:visible text", has_text=f"demo of {words}").count() == 1
        page.context.close()


def test_server_responses_are_escaped(browser: Browser, tmp_path: Path) -> None:
    write.write(synthetic.folder(tmp_path, load=failing))
    page = opened(browser, tmp_path / "report.html", DESK, [])
    assert "<script>alert(1)</script>" in page.locator(".reason").inner_text()
    page.context.close()


def test_pointer_shows_the_figures_of_its_second(browser: Browser, tmp_path: Path) -> None:
    write.write(synthetic.folder(tmp_path))
    page = opened(browser, tmp_path / "report.html", DESK, [])
    plot = page.locator(".plot.wide")
    box = plot.bounding_box()
    assert box is not None
    left, right = (float(plot.get_attribute(f"data-{side}") or "") for side in ("left", "right"))
    share = (60.5 + 5) / 185  # the middle of 1:00 on an axis from −0:05 to 3:00
    plot.hover(position={"x": box["width"] * (left + share * (right - left)), "y": 100})
    words = page.locator(".wide .readout").inner_text().splitlines()
    assert words[:3] == ["1:00", "50 users, 500 requests/s", "p50 2, p95 3, p99 3 ms"]
    assert words[3:] == ["CPU 66 % of the request", "3 of 3 pods ready"]
    page.mouse.move(1, 1)
    assert page.locator(".wide .readout").is_hidden()
    page.context.close()
