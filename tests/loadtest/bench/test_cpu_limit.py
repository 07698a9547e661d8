import os
import resource
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from loadtest.bench import cpu_limit
from loadtest.bench.cpu_limit import limited
from loadtest.bench.request_spec import MeasurementError

WORK = ("timeout", "2", "sh", "-c", "while :; do :; done")


def cores_used(cores: float) -> float:
    """Return the cores that a process uses which would use a whole one if it could."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), monotonic()
    with limited("test", cores) as prefix:
        subprocess.run([*prefix, *WORK], check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (monotonic() - began)


@pytest.mark.slow
@pytest.mark.timing
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a control group")
def test_a_limited_server_gets_a_fifth_of_a_core_and_leaves_no_group() -> None:
    assert cpu_limit.problem() == ""
    assert cores_used(1.0) > 0.5
    assert 0.1 < cores_used(0.2) < 0.25
    assert list(cpu_limit.CGROUPS.glob("**/mlserving-bench-*")) == []


def test_without_control_groups_the_message_says_what_they_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu_limit, "CGROUPS", tmp_path / "none")
    with pytest.raises(MeasurementError, match="takes root and a writable"), limited("test", 0.2):
        pass
    assert "takes root" in cpu_limit.problem()


def test_a_group_that_cannot_be_limited_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpu").mkdir()
    monkeypatch.setattr(cpu_limit, "CGROUPS", tmp_path)
    monkeypatch.setattr(Path, "write_text", refuse)
    assert "Permission denied" in cpu_limit.problem()
    assert list((tmp_path / "cpu").iterdir()) == []


def refuse(*_: object, **__: object) -> int:
    raise PermissionError(13, "Permission denied")


def test_a_whole_core_needs_no_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_limit, "CGROUPS", tmp_path / "none")
    with limited("test", 1.0) as prefix:
        assert list(prefix) == []
