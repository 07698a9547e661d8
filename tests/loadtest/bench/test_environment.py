import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.bench import environment, measure
from loadtest.bench.image_requests import DIGITS


@pytest.fixture
def one_core() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


def found(problems: list[str], word: str) -> list[str]:
    return [problem for problem in problems if word in problem]


def test_programs_that_are_not_on_the_path_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(environment.problems(), "apt-get") == [
        "wrk is not installed. On Debian: apt-get install wrk",
        "taskset is not installed. On Debian: apt-get install util-linux",
    ]


def test_missing_cpu_core_is_reported(one_core: None) -> None:
    (problem,) = found(environment.problems(), "core")
    assert "two cores" in problem


def test_damaged_bundle_is_reported(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DIGITS, tmp_path / "digits"))
    (folder / "model.onnx").write_bytes(b"damaged")
    assert not found(environment.problems(bundles=[DIGITS]), "digits")
    (problem,) = found(environment.problems(bundles=[folder]), str(folder))
    assert "git checkout" in problem


def test_missing_file_is_reported(tmp_path: Path) -> None:
    (problem,) = found(environment.problems(files=[tmp_path / "scan.jpg"]), "scan.jpg")
    assert "missing" in problem


@pytest.fixture
def few_sockets() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + environment.PORTS // 2, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_too_few_ports_are_reported(few_sockets: None) -> None:
    assert found(environment.problems(), "free ports")


def test_comparison_finds_all_its_files_in_the_repository() -> None:
    assert not [problem for problem in measure.problems() if "git checkout" in problem]
