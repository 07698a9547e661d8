"""kubectl as an executable script, which answers what a test tells it and records what it was asked to do."""

import json
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loadtest.pods import kubectl as module
from loadtest.pods import master
from loadtest.report import write
from tests.loadtest import synthetic

WORDS = ["--shape", "smoke", "--pods", "3", "--host", "http://ml-serving-service:8000", "--context", "here"]
RUN = "2026-11-21T20-00-00Z"


def pod(name: str, phase: str = "Running", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"phase": phase, **status}}


def master_pod(**state: Any) -> dict[str, Any]:
    other = {"name": "reports", "state": {"running": {}}}
    return pod("m", containerStatuses=[other, {"name": "loadtest", "state": state}])


def ended(code: int) -> list[dict[str, Any]]:
    """Return as many pods as WORDS has, of which each looks like a master that has ended."""
    return [master_pod(terminated={"exitCode": code, "reason": "Error"})] * 3


@dataclass(frozen=True)
class Fake:
    folder: Path

    def answer(self, pods: list[dict[str, Any]], answers: Mapping[str, str] | None = None) -> None:
        """Set what `kubectl get pods` lists, and the shell code that other commands run, by a part of their words."""
        (self.folder / "pods.json").write_text(json.dumps({"items": pods}))
        code = {"get pods": f"cat '{self.folder}/pods.json'", **(answers or {})}
        cases = "".join(f'*"{words}"*) {does} ;;\n' for words, does in code.items())
        script = self.folder / "kubectl"
        script.write_text(
            f'#!/bin/sh\ncd "{self.folder}"\necho "$*" >>record\ncase "$*" in *"create -f -") cat >/dev/null ;; esac\n'
            f'case "$*" in\n{cases}esac\n'
        )
        script.chmod(0o755)

    def commands(self) -> list[str]:
        """Return the words after the namespace of each command that does more than to get something."""
        record = self.folder / "record"
        lines = record.read_text().splitlines() if record.exists() else []
        return [words for line in lines if not (words := line.partition("--namespace default ")[2]).startswith("get")]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    monkeypatch.setenv("KUBECTL", str(folder / "kubectl"))
    monkeypatch.setattr(module, "START_SECONDS", 0)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(master, "FETCH_PAUSE", 0.01)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Fake(folder)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run and the link to it, as the pod has them."""
    folder = tmp_path_factory.mktemp("reports")
    write.write(synthetic.folder(folder / RUN))
    (folder / "latest").symlink_to(RUN)
    return folder


@pytest.fixture
def tar(reports: Path) -> str:
    """Return the shell code that prints that folder as an archive."""
    return f"tar -C '{reports}' -cf - ."
