"""The script that runs on a node, on a /proc that is a folder."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.faults import on_node

CONTAINER = "5f0c" * 16


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    processes = {
        "1": ("init", "/"),
        "90": ("/opt/kubelet-exporter\0--v=2", "/system"),
        "300": ("/usr/bin/kubelet\0--config=x", "/system"),
        "310": ("kube-apiserver\0--secure-port=6443", "/system"),
        "320": ("/cache/bin/kube\0proxy\0--kubeconfig=y", "/system"),
        "1000": ("python\0-m\0server", f"/kubepods/cri-containerd-{CONTAINER}.scope"),
        "1007": ("sleep", f"/kubepods/cri-containerd-{CONTAINER}.scope"),
    }
    for number, (command, group) in processes.items():
        (tmp_path / number).mkdir()
        (tmp_path / number / "cmdline").write_text(command + "\0")
        (tmp_path / number / "cgroup").write_text(f"0::{group}\n")
    (tmp_path / "400").mkdir()  # it ends while the others are looked through
    (tmp_path / "self").mkdir()
    return tmp_path


def test_the_first_process_of_a_container_is_found(proc: Path) -> None:
    assert on_node.first_process(CONTAINER, proc) == 1000
    with pytest.raises(SystemExit, match="No process of the container"):
        on_node.first_process("no-such-container", proc)


@pytest.mark.parametrize(("name", "process"), [("kubelet", 300), ("apiserver", 310), ("proxy", 320)])
def test_a_component_is_found_by_its_program(proc: Path, name: str, process: int) -> None:
    assert on_node.component_process(name, proc) == process


def test_a_component_that_does_not_run_is_named(proc: Path) -> None:
    with pytest.raises(SystemExit, match="No process of the scheduler"):
        on_node.component_process("scheduler", proc)


def test_burning_is_ended_early_and_leaves_no_process() -> None:
    token = secrets.token_hex(8)
    process = subprocess.Popen(
        [sys.executable, on_node.__file__, "burn", "60", token], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        on_node.main("end", token)
        assert process.wait(30) == 0
    (on_node.ENDS / token).unlink()
    assert children
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


def test_the_parent_of_a_process_is_found() -> None:
    assert on_node.parent(os.getpid()) == os.getppid()
