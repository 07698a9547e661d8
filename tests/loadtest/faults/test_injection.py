"""Faults are injected when they are due, undone when they end or the load does, and written down."""

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
from loadtest.faults import injection
from loadtest.faults.context import FaultContext
from loadtest.faults.fault import Fault
from loadtest.faults.kinds import KINDS, Kind
from loadtest.faults.target import FaultError, Target, insist
from loadtest.shapes import SHAPES, Shape

SMOKE = SHAPES["smoke"]
TARGET = Target(Recorder(None, "default"), "nowhere")


class Switch:
    """A fault that can be seen."""

    def __init__(self) -> None:
        self.broken = threading.Event()
        self.mended = threading.Event()

    @contextmanager
    def inject(self, _: FaultContext) -> Iterator[str]:
        self.broken.set()
        yield "the switch"
        self.mended.set()


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    switch = Switch()
    monkeypatch.setitem(KINDS, "switch", Kind("switch", "a switch is turned", 60, switch.inject, ()))
    return switch


def begin_load(folder: Path) -> float:
    start = time.time()
    (folder / "load.jsonl").write_text(json.dumps({"start": start, "requests_per_user": 5}) + "\n")
    return start


def written(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / injection.FILE).read_text().splitlines()]


def with_fault(t: int, seconds: int) -> Shape:
    return replace(SMOKE, faults=(Fault("switch", t, seconds),))


def test_fault_begins_in_its_second_and_is_undone(tmp_path: Path, switch: Switch) -> None:
    with injection.injecting(with_fault(1, 1), TARGET, tmp_path):
        assert not switch.broken.wait(0.5), "the load has not begun"
        start = begin_load(tmp_path)
        assert switch.broken.wait(5)
        assert switch.mended.wait(5)
    began, ended = written(tmp_path)
    assert (began["fault"], began["about"], began["what"]) == (0, "a switch is turned", "the switch")
    assert 0.9 <= began["t"] - start < 10
    assert 0.9 <= ended["ended"] - began["t"] < 10


def test_fault_is_undone_when_the_load_is_stopped(tmp_path: Path, switch: Switch) -> None:
    def interrupted() -> None:
        with injection.injecting(with_fault(0, 60), TARGET, tmp_path):
            begin_load(tmp_path)
            assert switch.broken.wait(5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert switch.mended.is_set()


def lines_of(target: Target, fault: Fault) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    injection.inject(target, fault, time.time(), lines.append, threading.Event())
    return lines


def test_fault_that_cannot_be_injected_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: FaultContext) -> AbstractContextManager[str]:
        raise client.ApiException(status=403, reason="Forbidden")

    monkeypatch.setitem(KINDS, "switch", Kind("switch", "a switch is turned", 60, refused, ()))
    (line,) = lines_of(TARGET, Fault("switch", 0, 0))
    assert line["error"] == "403 Forbidden"


def test_fault_that_cannot_be_undone_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def stuck(_: FaultContext) -> Iterator[str]:
        yield "the switch"
        raise FaultError("It is stuck.")

    monkeypatch.setitem(KINDS, "switch", Kind("switch", "a switch is turned", 0, stuck, ()))
    began, failed = lines_of(TARGET, Fault("switch", 0, 0))
    assert (began["what"], failed["error"]) == ("the switch", "It is stuck.")
    assert "The fault switch could not be undone: It is stuck." in capsys.readouterr().err


def test_mistake_in_a_fault_stands_in_its_row_and_the_next_one_comes(
    tmp_path: Path, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: FaultContext) -> AbstractContextManager[str]:
        raise KeyError("replicas")

    monkeypatch.setitem(KINDS, "broken", Kind("broken", "", 0, broken, ()))
    shape = replace(SMOKE, faults=(Fault("broken", 0, 0), Fault("switch", 1, 0)))
    with injection.injecting(shape, TARGET, tmp_path):
        begin_load(tmp_path)
        assert switch.mended.wait(10)
    assert "replicas" in written(tmp_path)[0]["error"]


def test_fault_that_came_due_after_the_load_says_so(tmp_path: Path, switch: Switch) -> None:
    slow = replace(SMOKE, faults=(Fault("switch", 0, 60), Fault("switch", 1, 0)))
    with injection.injecting(slow, TARGET, tmp_path):
        begin_load(tmp_path)
        assert switch.broken.wait(5)
        time.sleep(1.2)
    assert [line.get("error") for line in written(tmp_path) if line["fault"] == 1] == [injection.TOO_LATE]


def test_undoing_is_tried_again_until_the_api_server_answers() -> None:
    answers = iter([ConnectionRefusedError(), client.ApiException(status=503), None])
    calls = 0

    def write() -> None:
        nonlocal calls
        calls += 1
        if error := next(answers):
            raise error

    insist(write)
    assert calls == 3


def test_what_has_gone_needs_no_undoing() -> None:
    def write() -> None:
        raise client.ApiException(status=404)

    insist(write)
