"""A network of colours and many classes on the page: its likeliest classes, and the picture as it sees it."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from model.bring.network import bundle
from model.bring.network_request import NetworkRequest
from model.task import Picture, Task
from server.page.answer import MOST_BARS, render_answer
from tests.model.bring.networks import network
from tests.served import Served, serving
from tests.server.page.conftest import Visiting
from tests.server.page.pictures import encode

RED = encode(Image.new("RGB", (40, 30), (200, 10, 20)), "PNG")
SEEN = """image => {
    const pen = new OffscreenCanvas(1, 1).getContext('2d');
    pen.drawImage(image, 0, 0);
    return [...pen.getImageData(0, 0, 1, 1).data];
}"""


@pytest.fixture(scope="module")
def leaves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("leaves")
    (root / "net.onnx").write_bytes(network(classes=40).SerializeToString())
    made = bundle(NetworkRequest(root / "net.onnx", "leaves", root / "leaves", preprocess="keras-tf", subject="a leaf"))
    with serving({"MODEL_NAME": "leaves", "MODEL_PATH": str(made.folder)}, root / "server.log") as served:
        yield served


@pytest.mark.browser
def test_page_shows_the_likeliest_classes_and_the_colours(leaves: Served, visiting: Visiting) -> None:
    part = visiting(leaves.url).give("leaves", ("red.png", "image/png", RED))
    expect(part.locator(".drop span")).to_have_text("Drop or choose a leaf")
    expect(part.locator(".took")).to_contain_text("ms round trip")
    answer = httpx.post(f"{leaves.url}/predict/leaves", content=RED, headers={"Content-Type": "image/png"}).json()
    likeliest = sorted(answer["probabilities"], key=lambda label: -answer["probabilities"][label])[:MOST_BARS]
    assert part.locator(".bars .class").all_inner_texts() == likeliest
    expect(part.locator(".likeliest .class")).to_have_text(answer["label"])
    assert part.locator(".seen img").evaluate(SEEN) == [200, 10, 20, 255]


@pytest.mark.slow
def test_form_without_scripts_shows_the_same(leaves: Served) -> None:
    page = httpx.post(
        leaves.url,
        data={"model": "leaves", "seen": "true"},
        files={"image_file": RED},
        headers={"Accept": "text/html"},
    )
    assert page.status_code == 200
    assert page.text.count("<li data-label=") == MOST_BARS
    assert 'src="data:image/png;base64,' in page.text


def test_few_classes_keep_their_order_and_many_are_sorted() -> None:
    labels = tuple(f"kind {index}" for index in range(12))
    picture = Picture("digit", 28, 28, "a leaf", None)
    task = Task("leaves", "Leaves", "1", "classification", (), {}, tuple(range(12)), labels, picture=picture)
    probabilities = {label: float(index) / 66 for index, label in enumerate(labels)}
    answer = {"label": "kind 11", "probability": 11 / 66, "probabilities": probabilities, "warnings": []}
    names = {label: label for label in labels}
    shown = render_answer(task, names, answer)
    assert [f"kind {index}" for index in range(11, 1, -1)] == _bars(shown)
    few = replace(task, classes=task.classes[:10], labels=labels[:10])
    assert _bars(render_answer(few, names, answer)) == list(labels[:10])
    assert len(_bars(render_answer(task, names, None))) == MOST_BARS


def _bars(markup: str) -> list[str]:
    return [part.partition('"')[0] for part in markup.split('<li data-label="')[1:]]
