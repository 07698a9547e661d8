import os
from pathlib import Path

import pytest

from loadtest.bench import request_spec
from loadtest.bench.process import SERVER_CORE, Command, free_port, running
from loadtest.bench.request_spec import MeasurementError

ROW = request_spec.predict(([{"area_worst": 2019.0}], [1]))

SERVER = """
import os, sys, threading
from http.server import HTTPServer
from tests.loadtest.small_server import Handler
print("started", flush=True)
sum(range(4_000_000))
held, files = bytearray(b"x") * (50 << 20), [open(os.devnull) for _ in range(7)]
threading.Thread(target=threading.Event().wait, daemon=True).start()
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def server() -> Command:
    port = free_port()
    return Command(["-c", SERVER], {"PORT": str(port)}, port)


def test_core_cpu_memory_threads_and_descriptors_come_from_the_kernel(tmp_path: Path) -> None:
    with running(server(), tmp_path) as process:
        process.wait_for(ROW)
        assert os.sched_getaffinity(process.popen.pid) == {SERVER_CORE}
        assert process.cpu_seconds() >= 0.02
        assert 60 < process.resident_mib() < 120
        assert process.threads() == 2
        assert process.descriptors() >= 3 + 7
    assert process.popen.returncode is not None


def test_log_can_be_truncated(tmp_path: Path) -> None:
    with running(server(), tmp_path) as process:
        process.wait_for(ROW)
        assert process.log.read_text() == "started\n"
        process.truncate_log()
        assert process.log.read_text() == ""


def test_server_that_does_not_start_is_reported_with_its_log(tmp_path: Path) -> None:
    with (
        running(Command(["-c", "raise SystemExit('no model')"], {}, free_port()), tmp_path) as process,
        pytest.raises(MeasurementError, match="no model"),
    ):
        process.wait_for(ROW)


def test_server_that_has_ended_is_reported_with_its_log(tmp_path: Path) -> None:
    with running(Command(["-c", "print('out of memory')"], {}, free_port()), tmp_path) as process:
        process.popen.wait()
        with pytest.raises(MeasurementError, match="out of memory"):
            process.resident_mib()


def test_server_with_wrong_predictions_is_refused(tmp_path: Path) -> None:
    with running(server(), tmp_path) as process, pytest.raises(MeasurementError, match="other classes"):
        process.wait_for(request_spec.predict(([{"area_worst": 2019.0}], [0])))
