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

LIVE, READY = "/health/live", "/health/ready"
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
        path = environ["PATH_INFO"]
        if path not in (LIVE, READY):
            scraped: Iterable[bytes] = metrics.APP(environ, start_response)
            return scraped
        live = monotonic() - self.turned < STUCK_SECONDS
        ok = live and (path == LIVE or self.ready)
        status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
        start_response(f"{status.value} {status.phrase}", [("content-type", "application/json")])
        return [b'{"status":"ok"}' if ok else b'{"status":"unavailable"}']
