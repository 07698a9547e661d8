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
        refusal = _refusal(path, method)
        if path == METRICS and refusal is None:
            scraped: Iterable[bytes] = metrics.APP({**environ, "REQUEST_METHOD": "GET"}, start_response)
            return scraped if method == "GET" else []
        status, body = (refusal.status, error_response(refusal, {}).body) if refusal else self._health(path)
        headers = [("content-type", "application/json"), *(refusal.headers.items() if refusal else ())]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [body] if method != "HEAD" else []

    def _health(self, path: str) -> tuple[int, bytes]:
        live = monotonic() - self.turned < STUCK_SECONDS
        ok = live and (path == LIVE or self.ready)
        return (
            (HTTPStatus.OK, b'{"status":"ok"}') if ok else (HTTPStatus.SERVICE_UNAVAILABLE, b'{"status":"unavailable"}')
        )


def _refusal(path: str, method: str) -> ServingError | None:
    if path not in (METRICS, LIVE, READY):  # otherwise a probe of another path would succeed whatever happens
        return NotFound(f"This port serves {METRICS}, {LIVE} and {READY} only.")
    if method not in ("GET", "HEAD"):
        return MethodNotAllowed("Method not allowed. This path takes GET, HEAD only.", {"allow": "GET, HEAD"})
    return None
