"""Links on the server's own routes, next to a model of rows."""

import json
from pathlib import Path
from typing import Any

import pytest
import uvloop

from server import routing
from server.http.app import App
from server.http.worker import WorkerQueue
from server.predictor import Predictor
from tests.server import bundles as of_rows
from tests.server.links.host import NAME, Host, listening, saying
from tests.server.links.request import Request
from tests.server.pictures import bundles, images
from tests.server.responder import responder

FILE = images.png(images.BLOCK)
PNG = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(FILE) + FILE


@pytest.fixture(scope="module")
def predictors(tmp_path_factory: pytest.TempPathFactory) -> list[Predictor]:
    root: Path = tmp_path_factory.mktemp("bundles")
    loaded = [Predictor(make.__name__, make(root / make.__name__)) for make in (of_rows.sign, bundles.ink)]
    for predictor in loaded:
        predictor.load()
    return loaded


def asked(predictors: list[Predictor], path: str, document: str, answer: bytes = PNG) -> tuple[int, Any, Host]:
    """Send a document in which LINK stands for a link; return the response, and the host of the link."""

    async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError

    async def scenario() -> tuple[int, Any, Host]:
        async with listening(saying(answer)) as host:
            app = App(
                routing.api_routes(predictors),
                nothing,
                WorkerQueue(2),
                responder(),
                host.links(),
            )
            body = document.replace("LINK", f"http://{NAME}:{host.port}/a.png")
            status, content = await Request(app, body, path, content_type="application/json").answer()
            return status, json.loads(content), host

    return uvloop.run(scenario())


@pytest.mark.parametrize("path", ["/predict", "/predict/ink"])
def test_a_link_gets_the_answer_of_the_picture_itself(predictors: list[Predictor], path: str) -> None:
    by_link = asked(predictors, path, '{"url": "LINK", "seen": true}')
    itself = asked(predictors, path, json.dumps({"image": images.base64(FILE), "seen": True}))
    assert (by_link[:2], by_link[2].connections) == (itself[:2], 1)
    assert (by_link[0], by_link[1]["label"]) == (200, "much")
    assert by_link[1]["seen"].startswith("data:image/png")


@pytest.mark.parametrize("path", ["/predict/img", "/predict/ink/img"])
def test_the_label_path_accepts_links(predictors: list[Predictor], path: str) -> None:
    status, answer, _ = asked(predictors, path, '{"url": "LINK"}')
    assert (status, answer["y"]) == (200, "much")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ('{"url": "LINK", "image": ""}', "no_picture"),
        ('{"url": "LINK", "url": "LINK"}', "duplicate_key"),
        ('{"url": "LINK", "seen": 1}', "structure"),
        ('{"url": ["LINK"]}', "structure"),
        ('{"url": ""}', "no_picture"),
        ('{"url": "LINK' + "a" * 20_000 + '"}', "link"),
    ],
)
def test_nothing_is_fetched_for_an_invalid_body(predictors: list[Predictor], document: str, reason: str) -> None:
    status, answer, host = asked(predictors, "/predict/ink", document)
    assert (status, answer["reason"], host.connections) == (400, reason, 0)


def test_a_linked_file_is_decoded_by_its_content_not_its_type(predictors: list[Predictor]) -> None:
    gif = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nGIF89a"
    status, answer, _ = asked(predictors, "/predict", '{"url": "LINK"}', gif)
    assert (status, "GIF" in answer["error"]) == (415, True)


def test_rows_are_not_affected(predictors: list[Predictor]) -> None:
    status, answer, host = asked(predictors, "/predict", '{"x": 3, "y": -1}')
    assert (status, answer["label"], host.connections) == (200, "high", 0)
