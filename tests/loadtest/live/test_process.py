"""The process that serves the page, with real sockets."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from loadtest.live import process
from tests.conftest import ROOT
from tests.loadtest.live.test_drawing import begun

pytestmark = pytest.mark.slow
SERVE = """
import sys, time
from pathlib import Path
from loadtest.live.process import serving
with serving(Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(60)
"""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    with process.serving(folder) as address:
        assert address is not None
        yield address


def asked(address: str, path: str) -> HTTPConnection:
    """Send a request, and leave its response for later."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path)
    return connection


def refuses(address: str) -> bool:
    url = urlsplit(address)
    try:
        socket.create_connection((url.hostname or "", url.port or 0), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_those_who_wait_get_the_report_before_the_port_closes(tmp_path: Path) -> None:
    begun(tmp_path)
    with serving(tmp_path) as address:
        assert str(tmp_path / "report.html") in httpx.get(address, timeout=30).text
        page = httpx.get(f"{address}/next?after=0&layout=narrow", timeout=30)
        assert page.headers["X-Run"] == "running"
        number = page.headers["X-Number"]
        waiting = [asked(address, path) for path in ("/report", f"/next?after={number}&layout=narrow")]
        (tmp_path / "report.html").write_text("the report")
    assert refuses(address)
    for connection in waiting:
        response = connection.getresponse()
        assert response.read() == b"the report"
        assert response.headers["X-Run"] == "ended"
        connection.close()


def test_run_without_a_report_ends_the_page_too(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        watching = asked(address, "/next?after=0&layout=wide")
    assert watching.getresponse().status == httpx.codes.NOT_FOUND
    watching.close()
    assert refuses(address)


def test_nobody_who_watches_does_not_delay_the_end(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        assert httpx.get(f"{address}/report.html", timeout=30).status_code == httpx.codes.NOT_FOUND
        assert httpx.get(f"{address}/next?layout=paper%20", timeout=30).status_code == httpx.codes.NOT_FOUND
        assert httpx.get(f"{address}/next?after=-1", timeout=30).status_code == httpx.codes.NOT_FOUND
        time.sleep(1)
        began = time.monotonic()
    assert time.monotonic() - began < 8


def test_page_is_for_this_machine_alone_and_takes_another_port_if_its_own_is_in_use(tmp_path: Path) -> None:
    with serving(tmp_path) as first, serving(tmp_path) as second:
        assert first != second
        assert refuses(first.replace("127.0.0.1", "127.0.0.2"))
        assert httpx.get(second, timeout=30).status_code == httpx.codes.OK


def test_page_has_the_lowest_priority_as_a_process_and_as_a_session(tmp_path: Path) -> None:
    group = Path("/proc/self/autogroup")
    if not group.exists():
        pytest.skip("this kernel does not schedule sessions as groups")
    with serving(tmp_path) as address:
        assert httpx.get(address, timeout=30).status_code == httpx.codes.OK
        children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        pages = [pid for pid in children if b"loadtest.live" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert [Path(f"/proc/{pid}/autogroup").read_text().split()[-1] for pid in pages] == ["19"]
        assert [os.getpriority(os.PRIO_PROCESS, int(pid)) for pid in pages] == [19]


def test_load_test_goes_on_without_a_page_that_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # which has no `nice`
    with process.serving(tmp_path) as address:
        assert address is None
    assert "The load test runs without it." in capsys.readouterr().err


def test_page_ends_with_a_command_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as killed:
        assert killed.stdout is not None
        address = killed.stdout.readline().strip()
        assert httpx.get(address, timeout=30).status_code == httpx.codes.OK
        killed.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while not refuses(address):
        assert time.monotonic() < deadline
        time.sleep(0.1)
