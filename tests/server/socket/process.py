"""A server process seen from outside: its log and what the kernel knows about it."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.served import Served, serving
from tests.server.socket.client import Caller


@contextmanager
def faultless(environment: Mapping[str, str], log: Path, module: str = "server") -> Iterator[Served]:
    """Run a server, then check that it stops cleanly and has logged short lines only, none above the level info."""
    with serving(environment, log, module) as served:
        yield served
        assert served.stop() == 0
        for line in log.read_bytes().splitlines():
            entry = json.loads(line)
            assert entry["level"] == "info", line
            assert entry["message"] == "settings" or len(line) <= 300, line


def resident_bytes(served: Served) -> int:
    status = Path(f"/proc/{served.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


def is_connected(caller: Caller) -> bool:
    """Return whether the server's end of the connection is open, which a client cannot know before it reads."""
    (_, here), (_, there) = caller.socket.getpeername(), caller.socket.getsockname()
    established = rf": [0-9A-F]+:{here:04X} [0-9A-F]+:{there:04X} 01 "
    return bool(re.search(established, Path("/proc/net/tcp").read_text()))


def open_files(served: Served) -> int:
    return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))
