from pathlib import Path

import pytest

from loadtest.users import machine


def test_busy_is_the_share_of_cores_that_were_not_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stat = tmp_path / "stat"
    monkeypatch.setattr(machine, "PROC_STAT", stat)
    stat.write_text("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 50 0 50 350 50 0 0 0 0 0\n")
    before = machine.cpu_ticks()
    assert before == (800, 1000)
    stat.write_text("cpu  150 10 120 750 120 0 0 0 0 0\n")
    assert machine.busy_since(before) == (round(1 - 70 / 150, 3), (870, 1150))


def test_a_kernel_that_does_not_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PROC_STAT", tmp_path / "missing")
    assert machine.cpu_ticks() is None
    assert machine.busy_since(None) == (None, None)
