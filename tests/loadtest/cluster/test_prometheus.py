"""What the pods counted, asked of a small server that answers as Kubernetes' API and Prometheus do."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from kubernetes import client

from loadtest.cluster import prometheus
from loadtest.cluster.record import Recorder


class Api:
    """The server.

    Attributes:
        value: Prometheus' answer; None if there is no Prometheus.
        queries: What it was asked.
    """

    def __init__(self) -> None:
        self.value: float | None = 1
        self.queries: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                path = "/api/v1/namespaces/shop/services/mlserving-prometheus:9090/proxy/api/v1/query"
                api.queries += parse_qs(address.query)["query"]
                found = address.path == path and api.value is not None
                result = [{"metric": {}, "value": [time.time(), str(api.value)]}]
                self.send_response(200 if found else 404)
                self.end_headers()
                self.wfile.write(json.dumps({"data": {"result": result}} if found else {"kind": "Status"}).encode())

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @property
    def recorder(self) -> Recorder:
        settings = client.Configuration()
        settings.host = f"http://127.0.0.1:{self.server.server_port}"
        settings.retries = False
        return Recorder(client.ApiClient(settings), "shop", deployment="ml-serving-deployment")


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(prometheus, "SCRAPED_AFTER", 0)
    found = Api()
    threading.Thread(target=found.server.serve_forever, daemon=True).start()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_the_requests_and_errors_of_the_deployments_pods_are_counted(api: Api) -> None:
    api.value = 4711.0
    began = time.time() - 60
    assert prometheus.counted(api.recorder, began) == {"requests": 4711, "errors": 4711}
    _, requests, errors = api.queries
    assert 'pod=~"ml-serving-deployment-.*"' in requests
    assert "[60s]" in requests
    assert f"@ {began:.3f}" in requests, "what was counted before the load is not of it"
    assert 'status=~"5.."' in errors


def test_without_prometheus_nothing_is_counted(api: Api) -> None:
    api.value = None
    assert prometheus.counted(api.recorder, time.time()) is None
    assert len(api.queries) == 1, "it asks once, and does not wait for a scrape"


def test_an_api_that_is_gone_is_no_error(api: Api) -> None:
    recorder = api.recorder
    api.server.server_close()
    assert prometheus.counted(recorder, time.time()) is None
