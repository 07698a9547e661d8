"""nginx as a load balancer that sends requests to the targets it knows, and asks none whether it is ready."""

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.nginx import configuration, nginx
from tests.served import free_port

# A request that fails is not sent again, and a target that fails is not left out: what is lost shows. The connections
# to targets are kept for 60 s, as AWS's load balancer does.
UPSTREAM = """
  upstream targets {{
    {servers}
    keepalive 32;
    keepalive_timeout 60s;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://targets;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream off;
    }}
  }}
"""


class Balancer:
    """A running balancer.

    Attributes:
        url: Where it listens.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    @contextmanager
    def running(self, targets: Sequence[str]) -> Iterator[None]:
        with nginx(self._folder, self._http(targets), self.url) as self._process:
            yield

    def register(self, targets: Sequence[str]) -> None:
        """Send new requests to these targets and to no others. Those that are under way end where they are."""
        assert self._process
        (self._folder / "nginx.conf").write_text(configuration(self._folder, self._http(targets)))
        before = _workers(self._process.pid)
        self._process.send_signal(signal.SIGHUP)
        while _workers(self._process.pid) <= before:
            time.sleep(0.01)

    def _http(self, targets: Sequence[str]) -> str:
        servers = " ".join(f"server {target.removeprefix('http://')} max_fails=0;" for target in targets)
        return UPSTREAM.format(servers=servers, port=self._port)


def _workers(pid: int) -> set[str]:
    return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
