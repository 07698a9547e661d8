"""The prediction API over HTTP, against a real server process."""

import http.client
import json
import re
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

ROW = {"x": 3, "y": -1}


def test_predict_returns_label_class_and_probability(client: httpx.Client) -> None:
    answer = client.post("/predict", json=ROW)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"label": "high", "prediction": 1, "probability": pytest.approx(0.880797)}


def test_content_type_may_have_a_charset(client: httpx.Client) -> None:
    answer = client.post(
        "/predict", content=b'{"x":0,"y":0}', headers={"content-type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/predict", ROW),
        ("/predict", ROW | {"x": "3"}),
        ("/predict/batch", {"instances": [ROW]}),
        ("/v1/models/sign:predict", {"instances": [ROW]}),
        ("/v2/models/price/infer", {"id": "a", "inputs": []}),
        (
            "/v2/models/sign/infer",
            {"id": "a", "inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 2], "data": [3, -1]}]},
        ),
    ],
)
def test_a_byte_order_mark_changes_no_answer(client: httpx.Client, path: str, document: object) -> None:
    headers = {"content-type": "application/json"}
    plain = client.post(path, content=json.dumps(document).encode(), headers=headers)
    marked = client.post(path, content=json.dumps(document).encode("utf-8-sig"), headers=headers)
    assert (marked.status_code, marked.json()) == (plain.status_code, plain.json())


def test_every_response_names_the_pod(client: httpx.Client) -> None:
    for answer in (client.get("/health"), client.get("/v2/models"), client.get("/nothing"), client.post("/predict")):
        assert answer.headers["x-served-by"] == "pod-of-the-test"


def test_batch_keeps_the_order_of_rows(client: httpx.Client) -> None:
    answer = client.post("/predict/batch", json={"instances": [ROW, {"x": -3, "y": 1}, ROW]})
    assert [item["label"] for item in answer.json()["predictions"]] == ["high", "low", "high"]


def test_long_batch_off_the_event_loop_keeps_the_order_of_rows(client: httpx.Client) -> None:
    rows = [[number, -1000] for number in range(3000)]
    answer = client.post("/v1/models/sign:predict", json={"instances": rows})
    assert answer.json()["predictions"] == [int(number > 1000) for number in range(3000)]


def test_info_describes_the_model(client: httpx.Client) -> None:
    info = client.get("/info").json()
    assert (info["name"], info["version"], info["labels"]) == ("Sign of a sum", "1.2.3", ["low", "high"])
    assert [feature["name"] for feature in info["inputs"]] == ["x", "y"]
    assert client.post("/predict", json=info["example"]).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/live"])
def test_health_answers_get_and_head(client: httpx.Client, path: str) -> None:
    assert client.get(path).json() == {"status": "ok"}
    assert client.head(path).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "content", "content_type", "status", "reason", "fact"),
    [
        ("POST", "/predict", b"", "application/json", 400, "empty_body", ""),
        ("POST", "/predict", b"{", "application/json", 400, "invalid_json", ""),
        ("POST", "/predict", b"[1, 2]", "application/json", 400, "structure", "/predict/batch"),
        ("POST", "/predict", b'{"x":1,"y":2,"x":1}', "application/json", 400, "duplicate_key", ""),
        ("POST", "/predict", b'{"x":1,"y":NaN}', "application/json", 400, "invalid_json", ""),
        ("POST", "/predict", b'{"x":1,"y":"2"}', "application/json", 400, "value_type", "y"),
        ("POST", "/predict", b"x=1&y=2", "application/x-www-form-urlencoded", 415, "media_type", "application/json"),
        ("POST", "/predict", b'{"x":1,"y":2}', "text/plain", 415, "media_type", "application/json"),
        ("POST", "/predict", b" " * 65537, "application/json", 413, "body", "65536"),
        ("POST", "/predict/batch", b"{}", "application/json", 400, "structure", "instances"),
        ("POST", "/predict/batch", b'{"instances":[]}', "application/json", 400, "empty_list", "rows"),
        ("POST", "/predict/batch", b'{"instances":[[1,2],[1]]}', "application/json", 400, "structure", "Row 1"),
        ("POST", "/v1/models/sign:predict", b'{"instances":7}', "application/json", 400, "structure", "instances"),
        ("POST", "/v2/models/sign/infer", b"{}", "application/json", 400, "structure", "inputs"),
        ("GET", "/predict", b"", "", 405, "method", "POST"),
        ("PUT", "/predict", b"{}", "application/json", 405, "method", "POST"),
        ("POST", "/info", b"{}", "application/json", 405, "method", "GET, HEAD"),
        ("DELETE", "/v2/models", b"", "", 405, "method", "GET, HEAD"),
        ("GET", "/nothing", b"", "", 404, "path", "GET /info"),
        ("GET", "/nothing/", b"", "", 404, "path", "GET /info"),
        ("POST", "/v1/models/other:predict", b"{}", "application/json", 404, "path", "sign, price, gap, club"),
        ("GET", "/v1/models/other", b"", "", 404, "path", "sign, price, gap, club"),
        ("GET", "/v2/models/other", b"", "", 404, "path", "sign, price, gap, club"),
        ("GET", "/v2/models/other/ready", b"", "", 404, "path", "sign, price, gap, club"),
        ("POST", "/v2/models/other/infer", b"{}", "application/json", 404, "path", "sign, price, gap, club"),
        ("POST", "/v2/models/other/versions/1/infer", b"{}", "application/json", 404, "path", "sign, price, gap, club"),
        ("POST", "/predict/other", b"{}", "application/json", 404, "path", "sign, price, gap, club"),
        ("POST", "/predict/other/batch", b"{}", "application/json", 404, "path", "sign, price, gap, club"),
        ("GET", "/info/other", b"", "", 404, "path", "sign, price, gap, club"),
        ("GET", "/v2/models/sign/versions/1", b"", "", 404, "path", "Use version 1.2.3."),
        ("GET", "/v2/models/sign/versions/1/ready", b"", "", 404, "path", "Use version 1.2.3."),
        ("POST", "/v2/models/sign/versions/1/infer", b"{}", "application/json", 404, "path", "Use version 1.2.3."),
        ("POST", "/v1/models/sign:explain", b"{}", "application/json", 404, "path", "GET /info"),
        ("POST", "/v2/repository/models/sign/unload", b"", "", 404, "path", "GET /info"),
        ("POST", "/v2/repository/models/sign/load", b"", "", 404, "path", "GET /info"),
    ],
)
def test_bad_request_is_refused_with_status_reason_and_fact(  # noqa: PLR0913, PLR0917
    client: httpx.Client, method: str, path: str, content: bytes, content_type: str, status: int, reason: str, fact: str
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = client.request(method, path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error", "reason"]
    assert answer.json()["reason"] == reason
    assert fact in answer.json()["error"]
    assert not re.search(r"Traceback|\.py|0x[0-9a-f]{6}|msgspec|/model/", answer.text)
    assert client.post("/predict", json=ROW).json()["prediction"] == 1


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/predict/", "/predict"),
        ("//predict", "/predict"),
        ("/predict//batch/", "/predict/batch"),
        ("/v2/models/sign/infer/", "/v2/models/sign/infer"),
        ("/v2/", "/v2"),
        ("/docs/", "/docs"),
        ("//", "/"),
    ],
)
def test_404_names_the_path_without_the_surplus_slash(client: httpx.Client, path: str, meant: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(str(client.base_url)).netloc)  # httpx would join the slashes
    connection.request("POST", path, b"{}", {"content-type": "application/json"})
    response = connection.getresponse()
    refusal = json.loads(response.read())
    connection.close()
    assert (response.status, refusal["reason"]) == (404, "path")
    assert refusal["error"].endswith(f"Use {meant}.")


def test_405_names_the_allowed_methods(client: httpx.Client) -> None:
    assert client.get("/predict").headers["allow"] == "POST"


def test_head_is_answered_wherever_get_is(client: httpx.Client) -> None:
    documented = client.get("/openapi.json").json()["paths"]
    paths = [path for path, methods in documented.items() if "get" in methods]
    for path in [*paths, "/docs", "/openapi.json", "/page/main.js", "/metrics"]:
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"] == got.headers["content-type"], path
        assert path == "/metrics" or head.headers["content-length"] == got.headers["content-length"], path


def test_disconnect_in_the_body_is_counted_as_499(client: httpx.Client) -> None:
    address = client.base_url
    with socket.create_connection((address.host, address.port or 80)) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        time.sleep(0.2)
    deadline = time.monotonic() + 5
    while 'route="/predict",status="499"' not in client.get("/metrics").text:
        assert time.monotonic() < deadline


def test_chunked_body_over_the_limit_gets_413_and_a_closed_connection(client: httpx.Client) -> None:
    def endless() -> object:
        yield from (b" " * 16384 for _ in range(64))

    answer = client.post("/predict", content=endless(), headers={"content-type": "application/json"})  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


def test_body_in_another_coding_gets_415_with_those_that_are_taken(client: httpx.Client) -> None:
    headers = {"content-type": "application/json", "content-encoding": "br"}
    answer = client.post("/predict", content=b"\x1f\x8b", headers=headers)
    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "gzip, deflate"


def test_server_closes_some_connections_so_that_load_spreads(client: httpx.Client) -> None:
    address = urlsplit(str(client.base_url)).netloc
    connection = http.client.HTTPConnection(address)
    closed = 0
    for _ in range(3000):
        connection.request("GET", "/health/live")
        response = connection.getresponse()
        response.read()
        closed += response.headers.get("connection") == "close"
    connection.close()
    assert 1 <= closed <= 60  # 15 expected; the chance of falling outside is under 1 in a million


def test_metrics_count_by_route_and_status(client: httpx.Client) -> None:
    def count() -> float:
        found = re.search(
            r'mlserving_requests_total\{route="/predict",status="400"\} (\S+)', client.get("/metrics").text
        )
        return float(found[1]) if found else 0.0

    before = count()
    client.post("/predict", json={})
    assert count() == before + 1


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_metrics_come_in_the_format_and_the_encoding_asked_for(client: httpx.Client, encoding: str) -> None:
    headers = {"accept": "application/openmetrics-text", "accept-encoding": encoding}
    answer = client.get("/metrics", headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("version", ["abc", "1.x", "1..0"])
def test_metrics_ignore_an_accept_header_of_a_bad_version(client: httpx.Client, version: str) -> None:
    answer = client.get("/metrics", headers={"accept": f"application/openmetrics-text; version={version}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


def test_upgrade_header_is_ignored(client: httpx.Client) -> None:
    headers = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    assert client.get("/health", headers=headers).json() == {"status": "ok"}


def test_metrics_name_the_model(client: httpx.Client) -> None:
    assert re.search(
        r'mlserving_model_info\{digest="[0-9a-f]{12}",model="sign",version="1.2.3"\} 1.0', client.get("/metrics").text
    )


def test_kserve_v1_and_v2_metadata_are_served(client: httpx.Client) -> None:
    assert client.get("/v1/models").json() == {"models": ["sign", "price", "gap", "club"]}
    assert client.get("/v1/models/price").json() == {"name": "price", "ready": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2/models/sign/ready").json() == {"name": "sign", "ready": True}
    assert client.get("/v2/models/sign").json()["inputs"] == [{"name": "input", "datatype": "FP32", "shape": [-1, 2]}]


def test_a_version_answers_as_its_model_does(client: httpx.Client) -> None:
    tensor = {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 2], "data": [3, -1]}]}
    model, version = "/v2/models/sign", "/v2/models/sign/versions/1.2.3"
    assert client.get(model).json()["versions"] == ["1.2.3"]
    assert client.get(version).json() == client.get(model).json()
    assert client.get(f"{version}/ready").json() == {"name": "sign", "ready": True}
    answer = client.post(f"{version}/infer", json=tensor | {"id": "a"})
    assert answer.json() == client.post(f"{model}/infer", json=tensor | {"id": "a"}).json()
    assert client.get(f"{version}/infer").headers["allow"] == "POST"


def test_docs_page_needs_no_other_host(client: httpx.Client) -> None:
    page = client.get("/docs").text
    for link in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert not link.startswith("/")
        assert client.get(link).status_code == 200
    assert "http:" not in page
    assert "https:" not in page
    assert json.loads(client.get("/openapi.json").text)["openapi"] == "3.1.0"
