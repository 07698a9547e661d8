"""A process is stopped only if it is the one that was started, even if an old pid file names another."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scripts.conftest import Sandbox


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def setup(tmp_path: Path) -> str:
    (tmp_path / "log").mkdir(exist_ok=True)
    return f". ./components.sh; state={tmp_path}; runtime={tmp_path};"


def test_a_process_runs_until_it_is_stopped(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "start one sleep 60; running one && echo runs; stop one; running one || echo gone"
    assert sandbox.shell(setup(tmp_path) + code).stdout.split() == ["runs", "gone"]


def test_starting_a_running_process_does_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    code = f"start one sleep 60; cat {tmp_path}/one.pid; start one sleep 60; cat {tmp_path}/one.pid; stop one"
    first, second = sandbox.shell(setup(tmp_path) + code).stdout.splitlines()
    assert first == second


def test_a_process_that_ignores_sigterm_is_killed(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "start one bash -c 'trap \"\" TERM; while :; do sleep 0.1; done'; stop one; running one || echo gone"
    assert sandbox.shell(setup(tmp_path) + code).stdout.strip() == "gone"


def test_output_goes_to_the_log(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.shell(setup(tmp_path) + "start one bash -c 'echo out; echo err >&2'; sleep 0.3")
    assert (tmp_path / "log" / "one.log").read_text() == "out\nerr\n"


def test_a_reused_pid_is_left_alone(sandbox: Sandbox, tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    (tmp_path / "one.pid").write_text(f"{stranger.pid} 1\n")
    done = sandbox.shell(setup(tmp_path) + "stop one; running one || echo 'not ours'")
    assert done.stdout.strip() == "not ours"
    assert stranger.poll() is None


@pytest.mark.parametrize("content", ["", "\n", "4194999 17\n", "1\n"])
def test_a_broken_pid_file_means_not_running(sandbox: Sandbox, tmp_path: Path, content: str) -> None:
    (tmp_path / "one.pid").write_text(content)
    assert sandbox.shell(setup(tmp_path) + "running one || echo no").stdout.strip() == "no"


def test_a_zombie_is_not_running(sandbox: Sandbox, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        code = setup(tmp_path) + f"start_time {process.pid}"
        assert int(sandbox.shell(code).stdout) > 0
        process.kill()
        assert sandbox.shell(code).stdout == ""


def test_a_timeout_names_the_log(sandbox: Sandbox, tmp_path: Path) -> None:
    done = sandbox.shell(setup(tmp_path) + "wait_for 1 etcd false")
    assert done.returncode == 1
    assert f"etcd did not become ready in time. Its log is {tmp_path}/log/etcd.log." in done.stderr
