from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.bench import request_spec
from loadtest.bench.process import Command, free_port
from loadtest.bench.request_spec import MeasurementError
from loadtest.bench.servers import Fleet, Server, cold_starts
from loadtest.bench.tabular_models import Model

SERVE = """
import os
from http.server import HTTPServer
from tests.loadtest.small_server import Handler
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
MODEL = Model("a model", Path(), Path(), Path(), [{"area_worst": 2019.0}], [1])


def command(_model: Model) -> Command:
    port = free_port()
    return Command(["-c", SERVE], {"PORT": str(port)}, port)


SERVER = Server("a server", command, {"/predict": request_spec.predict}, {}, probe="/health")
BROKEN = replace(SERVER, name="broken", command=lambda _: Command(["-c", "raise SystemExit('no model')"], {}, 1))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with closing(Fleet([SERVER, SERVER], lambda: MODEL, tmp_path)) as fleet:
        yield fleet


def test_fleet_is_started_once_and_killed_at_the_end(fleet: Fleet) -> None:
    processes = [process for _, process in fleet.started()]
    assert [process for _, process in fleet.started()] == processes
    assert all(process.popen.poll() is None for process in processes)
    fleet.close()
    assert all(process.popen.poll() is not None for process in processes)


def test_fleet_is_started_again_after_a_server_has_ended(fleet: Fleet) -> None:
    first = [process.popen for _, process in fleet.started()]
    first[0].kill()
    first[0].wait()
    again = [process.popen for _, process in fleet.started()]
    assert not set(first) & set(again)
    assert first[1].poll() is not None
    assert all(popen.poll() is None for popen in again)


def children() -> set[str]:
    return {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


def test_fleet_with_a_server_that_does_not_start_leaves_none_behind(tmp_path: Path) -> None:
    before = children()
    with closing(Fleet([SERVER, BROKEN], lambda: MODEL, tmp_path)) as fleet:
        for _ in range(2):
            with pytest.raises(MeasurementError, match="no model"):
                fleet.started()
        fleet.close()
    assert children() <= before


def test_cold_start_is_timed_and_its_memory_read(tmp_path: Path) -> None:
    (measured,) = cold_starts([SERVER], MODEL, times=2, folder=tmp_path)
    assert measured.server == "a server"
    assert 0.01 < measured.seconds < 30
    assert measured.mib > 5
