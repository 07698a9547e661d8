"""Serve the page of a run folder on a socket that the caller has opened, until the caller closes its end of stdin.

    python -m loadtest.live FOLDER DESCRIPTOR

`/` is a page that fetches `/next`, the run's page as it grows, and at the end `/report`.
"""

import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loadtest.live.drawing import LAYOUTS, Drawing
from loadtest.report import page

LINGER = 0.5  # seconds without a request after which nobody is left who waits for the report
LONGEST_LINGER = 5.0


class Server(ThreadingHTTPServer):
    """Knows how many requests are being answered, and when that last changed."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, folder: Path) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.drawing = Drawing(folder)
        self.shell = page.render_live(folder.resolve() / "report.html").encode()
        self.lock = threading.Lock()
        self.active = 0
        self.changed = time.monotonic()  # those who came before this process was ready are still to be accepted

    @contextmanager
    def answering(self) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self.lock:
            self.active += change
            self.changed = time.monotonic()

    def end(self) -> None:
        """Give the report to all who wait, and stop listening when there is nobody left."""
        self.drawing.ended.set()
        latest = time.monotonic() + LONGEST_LINGER
        while time.monotonic() < latest and (self.active or time.monotonic() < self.changed + LINGER):
            time.sleep(0.05)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        with self.server.answering():
            url = urlsplit(self.path)
            if url.path == "/":
                return self._send(self.server.shell)
            if url.path == "/report":
                return self._send_report()
            if url.path == "/next":
                return self._send_next(parse_qs(url.query))
            return self.send_error(HTTPStatus.NOT_FOUND)

    def _send_next(self, words: Mapping[str, Sequence[str]]) -> None:
        after, layout = words.get("after", ["0"])[0], words.get("layout", ["wide"])[0]
        if layout not in LAYOUTS or not after.isdecimal():
            return self.send_error(HTTPStatus.NOT_FOUND)
        drawn = self.server.drawing.next(layout, int(after))
        if drawn is None:
            return self._send_report()
        return self._send(drawn.html, number=drawn.number)

    def _send_report(self) -> None:
        html = self.server.drawing.report()
        if html is None:
            return self.send_error(HTTPStatus.NOT_FOUND)
        return self._send(html, run="ended")

    def _send(self, html: bytes, *, number: int = 0, run: str = "running") -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(html)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Number", str(number))
        self.send_header("X-Run", run)
        self.end_headers()
        self.wfile.write(html)

    def log_message(self, *_: Any) -> None:
        """Leave the terminal to the experiment."""


def main(folder: str, descriptor: str) -> None:
    # Linux schedules a session as a group, within which alone `nice` counts: the group gets the lowest priority too.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")
    with Server(socket.socket(fileno=int(descriptor)), Path(folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        server.end()
        server.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
