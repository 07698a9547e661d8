"""Faults are caused when they are due, undone when they end or the load does, and written down."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from loadtest.cluster.record import Recorder
from loadtest.faults import causing
from loadtest.faults.fault import Fault
from loadtest.faults.kinds import KINDS, Kind
from loadtest.faults.scene import Scene
from loadtest.faults.target import FaultError, Target
from loadtest.shapes import SHAPES, Shape

SMOKE = SHAPES["smoke"]
TARGET = Target(Recorder(None, "default"), "nowhere")


class Switch:
    """A fault that can be seen."""

    def __init__(self) -> None:
        self.broken = threading.Event()
        self.mended = threading.Event()

    @contextmanager
    def cause(self, _: Scene) -> Iterator[str]:
        self.broken.set()
        yield "the switch"
        self.mended.set()


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    switch = Switch()
    monkeypatch.setitem(KINDS, "switch", Kind("switch", "a switch is turned", 60, switch.cause, ()))
    return switch


def begin_load(folder: Path) -> float:
    start = time.time()
    (folder / "load.jsonl").write_text(json.dumps({"start": start, "requests_per_user": 5}) + "\n")
    return start


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / causing.FILE).read_text().splitlines()]


def with_fault(t: int, seconds: int) -> Shape:
    return replace(SMOKE, faults=(Fault("switch", t, seconds),))


def test_fault_begins_in_its_second_and_is_undone(tmp_path: Path, switch: Switch) -> None:
    with causing.causing(with_fault(1, 1), TARGET, tmp_path):
        assert not switch.broken.wait(0.5), "the load has not begun"
        start = begin_load(tmp_path)
        assert switch.broken.wait(5)
        assert switch.mended.wait(5)
    began, ended = written(tmp_path)
    assert (began["fault"], began["about"], began["what"]) == (0, "a switch is turned", "the switch")
    assert began["t"] - start == pytest.approx(1, abs=0.5)
    assert ended["ended"] - began["t"] == pytest.approx(1, abs=0.5)


def test_fault_is_undone_when_the_load_is_stopped(tmp_path: Path, switch: Switch) -> None:
    def interrupted() -> None:
        with causing.causing(with_fault(0, 60), TARGET, tmp_path):
            begin_load(tmp_path)
            assert switch.broken.wait(5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert switch.mended.is_set()


def test_fault_that_cannot_be_caused_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Scene) -> AbstractContextManager[str]:
        raise client.ApiException(status=403, reason="Forbidden")

    monkeypatch.setitem(KINDS, "switch", Kind("switch", "a switch is turned", 60, refused, ()))
    stop = threading.Event()
    (line,) = causing.cause(Scene(TARGET, Fault("switch", 0, 0)), stop)
    assert line["error"] == "403 Forbidden"


def test_fault_that_cannot_be_undone_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def stuck(_: Scene) -> Iterator[str]:
        yield "the switch"
        raise FaultError("It is stuck.")

    monkeypatch.setitem(KINDS, "switch", Kind("switch", "a switch is turned", 0, stuck, ()))
    began, failed = causing.cause(Scene(TARGET, Fault("switch", 0, 0)), threading.Event())
    assert (began["what"], failed["error"]) == ("the switch", "It is stuck.")
    assert "The fault switch could not be undone: It is stuck." in capsys.readouterr().err
