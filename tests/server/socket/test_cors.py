"""With CORS_ORIGINS each answer is for the pages of those origins; without it there are none."""

from collections.abc import Iterator

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, ask, request
from tests.server.socket.process import faultless

pytestmark = pytest.mark.slow

PAGE = "https://page.example"
ALLOWED = "access-control-allow-origin"
POSTED = ["/predict", "/predict/batch", "/predict/sign", "/v1/models/sign:predict", "/v2/models/sign/infer"]
READ = ["/health", "/info", "/v2", "/v2/models/sign", "/v1/models", "/metrics", "/docs", "/openapi.json"]


@pytest.fixture(scope="module")
def open_to_page(models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with faultless(models | {"CORS_ORIGINS": PAGE}, tmp_path_factory.mktemp("log") / "log") as served:
        yield served


def preflight(path: str, origin: str = PAGE) -> bytes:
    asked = b"Access-Control-Request-Method: POST", b"Access-Control-Request-Headers: content-type,x-any"
    return request(path, b"", b"Origin: " + origin.encode(), *asked, method="OPTIONS")


def from_page(data: bytes, origin: str = PAGE) -> bytes:
    return data.replace(b"Host: h", b"Host: h\r\nOrigin: " + origin.encode(), 1)


@pytest.mark.parametrize(
    ("paths", "methods"), [(POSTED, "POST"), (READ, "GET, HEAD"), (["/"], "GET, HEAD, POST")], ids=str
)
def test_preflight_is_answered_on_every_path(open_to_page: Served, paths: list[str], methods: str) -> None:
    for path in paths:
        answer = ask(open_to_page.url, preflight(path))
        assert (answer.status, answer.body) == (200, b""), path
        assert answer.headers[ALLOWED] == PAGE
        assert sorted(answer.headers["access-control-allow-methods"].split(", ")) == methods.split(", ")


def test_preflight_from_another_origin_gets_403(open_to_page: Served) -> None:
    answer = ask(open_to_page.url, preflight("/predict", "https://other.example"))
    assert answer.status == 403
    assert "CORS_ORIGINS" in answer.error
    assert ALLOWED not in answer.headers


def test_preflight_of_an_unknown_path_gets_404(open_to_page: Served) -> None:
    assert ask(open_to_page.url, preflight("/nothing")).status == 404


@pytest.mark.parametrize(
    "data",
    [
        ROW,
        PROBE,
        request("/v2/models", method="GET"),
        request("/nothing"),
        request("/predict", b"{"),
        request("/predict", b" " * (1 << 21)),
        request("/predict", method="GET"),
    ],
    ids=["row", "probe", "KServe's", "404", "400", "413", "405"],
)
def test_answer_can_be_read_by_the_named_page_only(open_to_page: Served, data: bytes) -> None:
    answer = ask(open_to_page.url, from_page(data))
    assert (answer.headers[ALLOWED], answer.headers["vary"]) == (PAGE, "Origin")
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    other = ask(open_to_page.url, from_page(data, "https://other.example"))
    assert (other.status, other.headers["vary"]) == (answer.status, "Origin")
    assert ALLOWED not in other.headers


def test_no_page_is_named_by_default(served: Served) -> None:
    assert ask(served.url, preflight("/predict")).status == 405
    answer = ask(served.url, from_page(ROW))
    assert answer.status == 200
    assert not {ALLOWED, "vary"} & set(answer.headers)
