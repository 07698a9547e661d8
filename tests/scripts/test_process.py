"""A process is stopped only if it is the very one that was started, whatever a file left from yesterday says."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.conftest import Workshop


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def prepared(tmp_path: Path) -> str:
    (tmp_path / "log").mkdir(exist_ok=True)
    return f". ./process.sh; state={tmp_path}; runtime={tmp_path};"


def test_what_was_started_runs_until_it_is_stopped(workshop: Workshop, tmp_path: Path) -> None:
    words = "start one sleep 60; running one && echo runs; stop one; running one || echo gone"
    assert workshop.shell(prepared(tmp_path) + words).stdout.split() == ["runs", "gone"]


def test_starting_twice_starts_once(workshop: Workshop, tmp_path: Path) -> None:
    words = f"start one sleep 60; cat {tmp_path}/one.pid; start one sleep 60; cat {tmp_path}/one.pid; stop one"
    first, second = workshop.shell(prepared(tmp_path) + words).stdout.splitlines()
    assert first == second


def test_one_that_ignores_sigterm_is_killed(workshop: Workshop, tmp_path: Path) -> None:
    words = "start one bash -c 'trap \"\" TERM; while :; do sleep 0.1; done'; stop one; running one || echo gone"
    assert workshop.shell(prepared(tmp_path) + words).stdout.strip() == "gone"


def test_the_log_of_what_was_started_is_kept(workshop: Workshop, tmp_path: Path) -> None:
    workshop.shell(prepared(tmp_path) + "start one bash -c 'echo out; echo err >&2'; sleep 0.3")
    assert (tmp_path / "log" / "one.log").read_text() == "out\nerr\n"


def test_somebody_elses_process_under_a_stale_number_is_left_alone(
    workshop: Workshop, tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    (tmp_path / "one.pid").write_text(f"{stranger.pid} 1\n")
    done = workshop.shell(prepared(tmp_path) + "stop one; running one || echo 'not ours'")
    assert done.stdout.strip() == "not ours"
    assert stranger.poll() is None


@pytest.mark.parametrize("left", ["", "\n", "4194999 17\n", "1\n"])
def test_a_file_that_tells_nothing_is_no_process(workshop: Workshop, tmp_path: Path, left: str) -> None:
    (tmp_path / "one.pid").write_text(left)
    assert workshop.shell(prepared(tmp_path) + "running one || echo no").stdout.strip() == "no"


def test_a_dead_process_that_nobody_has_waited_for_does_not_run(workshop: Workshop, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        words = prepared(tmp_path) + f"birth {process.pid}"
        assert int(workshop.shell(words).stdout) > 0
        process.kill()
        assert workshop.shell(words).stdout == ""


def test_waiting_ends_with_the_log_to_read(workshop: Workshop, tmp_path: Path) -> None:
    done = workshop.shell(prepared(tmp_path) + "wait_for 1 etcd false")
    assert done.returncode == 1
    assert f"etcd is not ready in time; its log: {tmp_path}/log/etcd.log" in done.stderr
