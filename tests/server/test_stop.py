"""The start and stop of a real process, with signals in every phase."""

import json
import os
import signal
import socket
import threading
import time
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from server.settings import Settings
from tests.served import serving, start

pytestmark = pytest.mark.slow

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]


@pytest.fixture
def environment(folders: dict[str, Path]) -> dict[str, str]:
    return {"MODEL_NAME": "sign", "MODEL_PATH": str(folders["sign"])}


@pytest.mark.parametrize("number", SIGNALS)
def test_idle_server_exits_0_on_a_signal(environment: dict[str, str], tmp_path: Path, number: signal.Signals) -> None:
    with serving(environment, tmp_path / "log") as served:
        assert served.stop(number) == 0
        assert "Traceback" not in served.log.read_text()


@pytest.mark.timing
@pytest.mark.parametrize("number", SIGNALS)
def test_loading_server_exits_0_within_a_second_of_a_signal(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    served = start(environment, tmp_path / "log")
    while not _catches(served.process.pid, signal.SIGUSR1):  # the last signal that gets a handler
        assert served.process.poll() is None
    started = time.monotonic()
    assert served.stop(number) == 0
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.5])
def test_server_as_pid_1_exits_0_on_a_signal_at_any_moment(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    container = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    served = start(environment, tmp_path / "log", under=container)
    while not (inside := _child(served.process.pid)) or not _catches(inside, signal.SIGUSR1):
        assert served.process.poll() is None, served.log.read_text()
    time.sleep(seconds)  # 0: it imports; 0.5: it loads; 2.5: it serves
    os.kill(inside, number)
    assert served.process.wait(5) == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_request_in_flight_is_answered_after_a_signal(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with serving(environment, tmp_path / "log") as served:
        body = b'{"x":3,"y":-1}'
        address = urlsplit(served.url)
        with socket.create_connection((address.hostname, address.port or 0), timeout=10) as connection:
            head = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n"
            connection.sendall(head + body[:4])
            time.sleep(0.3)
            os.kill(served.process.pid, number)
            time.sleep(0.5)
            connection.sendall(body[4:])
            answer = b""
            while chunk := connection.recv(4096):
                answer += chunk
        assert answer.startswith(b"HTTP/1.1 200")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["prediction"] == 1
        assert served.process.wait(10) == 0


def test_draining_server_answers_stays_ready_and_closes_connections(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with serving(environment, tmp_path / "log") as served:
        served.process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        answer = httpx.post(f"{served.url}/predict", json={"x": 1, "y": 1})
        assert answer.status_code == 200
        assert answer.headers["connection"] == "close"
        assert httpx.get(f"{served.url}/health/ready").status_code == 200
        assert served.stop() == 0


def test_drain_and_stop_under_load_lose_no_request(environment: dict[str, str], tmp_path: Path) -> None:
    lost: list[str] = []
    answered = 0
    with serving(environment, tmp_path / "log") as served:
        draining = threading.Event()

        def ask() -> None:
            nonlocal answered
            with httpx.Client(base_url=served.url) as http:
                while True:
                    try:
                        answer = http.post("/predict", json={"x": 1, "y": 1})
                    except httpx.TransportError as error:
                        lost.append(repr(error))
                        return
                    answered += answer.status_code == 200
                    if draining.is_set() and answer.headers.get("connection") == "close":
                        return  # as a client that goes on to another pod

        clients = [threading.Thread(target=ask) for _ in range(8)]
        for thread in clients:
            thread.start()
        time.sleep(1)
        draining.set()
        served.process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        assert served.stop() == 0
        for thread in clients:
            thread.join()
    assert lost == []
    assert answered > len(clients)


def test_failed_start_logs_one_line_and_exits_1(environment: dict[str, str], tmp_path: Path) -> None:
    for change, sentence in (
        ({"PORT": "x"}, "PORT must be a whole number"),
        ({"MODEL_NAME": "lost", "MODEL_PATH": "/nowhere"}, "There is no model bundle at /nowhere"),
    ):
        served = start(environment | change, tmp_path / "log")
        assert served.process.wait(20) == 1
        lines = served.log.read_text().splitlines()
        assert len(lines) == 1
        assert sentence in json.loads(lines[0])["message"]


def test_start_on_a_taken_port_exits_1(environment: dict[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path / "log") as served:
        port = str(urlsplit(served.url).port)
        assert start(environment | {"PORT": port}, tmp_path / "second").process.wait(20) == 1
    (line,) = (tmp_path / "second").read_text().splitlines()[-1:]
    assert json.loads(line)["message"] == f"cannot start: PORT {port} cannot be opened: Address already in use."


def test_server_sends_no_telemetry_and_writes_no_files(environment: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with serving(environment | {"HOME": str(home), "XDG_CACHE_HOME": str(home)}, tmp_path / "log") as served:
        served.stop()
    assert list(home.iterdir()) == []
    assert b"elemetry" not in served.log.read_bytes()


def test_settings_are_logged_once_without_other_variables(environment: dict[str, str], tmp_path: Path) -> None:
    secret = {"AWS_SECRET_ACCESS_KEY": "hush-4711", "HF_TOKEN": "hush-4712"}
    with serving(environment | secret | {"QUEUE_SIZE": "7"}, tmp_path / "log") as served:
        served.stop()
        log = served.log.read_text()
    (line,) = [line for line in map(json.loads, log.splitlines()) if line["message"] == "settings"]
    assert set(line["settings"]) == {field.name for field in fields(Settings)}
    assert (line["settings"]["models"], line["settings"]["queue_size"]) == (["sign"], 7)
    assert "hush" not in log


def test_request_is_logged_in_one_short_line_without_its_values(environment: dict[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path / "log") as served:
        httpx.post(f"{served.url}/predict", json={"x": 123456.5, "y": 1})
        httpx.post(f"{served.url}/predict?secret=1", content=b'{"x": "123456.5"}')
        served.stop()
        lines = [line for line in served.log.read_bytes().splitlines() if b'"/predict"' in line]
    assert len(lines) == 2
    for line in lines:
        assert json.loads(line)["method"] == "POST"
        assert len(line) <= 300
        assert b"123456" not in line
        assert b"secret" not in line


def _child(pid: int) -> int | None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


def _catches(pid: int, number: signal.Signals) -> bool:
    """Return whether a process has a handler for a signal, by the kernel's bit mask."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << (number - 1))
