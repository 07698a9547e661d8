"""A port for metrics and probes. A thread of its own answers, so that no probe is late while the event loop is busy.

Probes on the port of the predictions wait behind them. Kubernetes would take an overloaded pod out of its Service, and
the others would have to do its work too.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from time import monotonic
from typing import Any

from prometheus_client import start_http_server

from server import metrics
from server.errors import MethodNotAllowed, NotFound, ServingError
from server.response import error_response

METRICS, LIVE, READY = "/metrics", "/health/live", "/health/ready"
STUCK_SECONDS = 30.0  # an event loop that has been blocked for so long is taken to be stuck

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class MetricsPort:
    """The WSGI app of the port.

    Attributes:
        turned: The monotonic() at which the event loop turned last.
        ready: Whether the server takes requests.
    """

    def __init__(self) -> None:
        self.turned = monotonic()
        self.ready = False

    def turn(self, *, ready: bool) -> None:
        """Note that the event loop turns now, and whether the server takes requests."""
        self.turned, self.ready = monotonic(), ready

    def open(self, port: int) -> None:
        """Listen over IPv6 and IPv4. Raises OSError."""
        try:
            server, _ = start_http_server(port, "::", metrics.REGISTRY)
        except OSError:  # the kernel has no IPv6, or the port is taken
            server, _ = start_http_server(port, registry=metrics.REGISTRY)
        server.set_app(self)

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path not in (METRICS, LIVE, READY):  # a probe of another path must not succeed whatever happens
            status, body = _refusal(NotFound(f"This port has {METRICS}, {LIVE} and {READY} only."))
        elif method not in ("GET", "HEAD"):
            status, body = _refusal(MethodNotAllowed("Method not allowed. This path takes GET, HEAD only."))
        elif path == METRICS:
            scraped: Iterable[bytes] = metrics.APP({**environ, "REQUEST_METHOD": "GET"}, start_response)
            return scraped if method == "GET" else []
        elif monotonic() - self.turned < STUCK_SECONDS and (path == LIVE or self.ready):
            status, body = HTTPStatus.OK, b'{"status":"ok"}'
        else:
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, b'{"status":"unavailable"}'
        start_response(f"{status.value} {status.phrase}", [("content-type", "application/json")])
        return [body] if method != "HEAD" else []


def _refusal(error: ServingError) -> tuple[HTTPStatus, bytes]:
    return HTTPStatus(error.status), error_response(error, {}).body
