"""One experiment: Locust walks a shape, the recorder watches the cluster, and a run folder is what is left.

Locust is a process of its own, and what both see meets only in files. The load ends by itself with its shape, even
when this process is killed.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

from loadtest.cluster import facts, wait
from loadtest.cluster.record import API_ERRORS, Recorder, reason
from loadtest.cluster.wait import CannotRunError
from loadtest.report.progress import Progress
from loadtest.shapes import Shape
from loadtest.users.models import format_weights

HERE = Path(__file__).parent
STOP_SECONDS = 12  # Locust lets users finish what they asked for, 10 s at most
BASELINE_SECONDS = 3
FAILED_REQUESTS = 1  # Locust's exit code when a request failed, for the report to judge, or when it failed itself
NOTHING = "Interrupted before the load began: there is nothing to report."


@dataclass(frozen=True)
class Experiment:
    shape: Shape
    host: str
    output: Path
    recorder: Recorder | None
    models: Mapping[str, int]

    def begin(self) -> Path:
        """The run folder with its plan, once the server answers and the autoscaler rests. Raises CannotRunError."""
        wait.knock(self.host, self.models)
        signal.signal(signal.SIGTERM, interrupt)
        if self.recorder is not None:
            wait.settle(self.recorder)
        plan = self.plan()
        folder = self.output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        folder.mkdir(parents=True)
        write(folder, plan)
        return folder

    def run(self, folder: Path) -> None:
        """Make the load and watch it. Raises CannotRunError; Ctrl-C and SIGTERM end it early, and the plan says so."""
        progress = Progress(self.shape, folder / "load.jsonl")
        code = self.watch(folder, progress)
        if code is None:
            if not progress.load.exists():
                raise CannotRunError(NOTHING)
            return
        progress.follow()
        if code and not (code == FAILED_REQUESTS and progress.wrong):
            raise CannotRunError(f"Locust ended with {code}:\n{tail(folder / 'locust.log')}")
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        write(folder, plan | {"interrupted": False})

    def plan(self) -> dict[str, Any]:
        try:
            cluster = facts.cluster(self.recorder) if self.recorder is not None else None
        except API_ERRORS as error:
            raise CannotRunError(f"The cluster could not be described: {reason(error)}") from error
        return {
            "command": shlex.join(["python", "-m", "loadtest", *sys.argv[1:]]),
            "host": self.host,
            "models": dict(self.models),
            "shape": facts.shape(self.shape),
            "git": facts.git(),
            "versions": facts.versions(),
            "cluster": cluster,
            "interrupted": True,  # until it has come to its end
        }

    def watch(self, folder: Path, progress: Progress) -> int | None:
        """Record and show each second until the load has ended; Locust's exit code, None when it was interrupted."""
        with (folder / "cluster.jsonl").open("w", encoding="utf-8") as states, (folder / "locust.log").open("w") as log:
            ticks = Ticks(self.recorder, states)
            locust, code = None, None
            try:
                for _ in range(BASELINE_SECONDS if self.recorder is not None else 0):
                    ticks.tick()
                locust = self.locust(folder, log)
                while (code := locust.poll()) is None:
                    progress.show(time.time(), ticks.tick())
            except KeyboardInterrupt:
                pass  # the load is stopped in order, and what was seen is reported
            finally:
                if locust is not None:
                    stop(locust)
                    ticks.tick()
                progress.end()
        return code

    def locust(self, folder: Path, log: IO[str]) -> "subprocess.Popen[bytes]":
        files = f"{HERE / 'locustfile.py'},{HERE / 'users' / 'stage_shape.py'}"
        command = [sys.executable, "-m", "locust", "-f", files, "--headless", "--only-summary", "--host", self.host]
        command += ["--models", format_weights(self.models), "--shape", self.shape.name]
        command += ["--seconds-to", str(folder / "load.jsonl"), "--stop-timeout", "10"]
        environment = os.environ | {"PYTHONPATH": str(facts.ROOT)}
        # A session of its own: Ctrl-C reaches this process alone, which then stops Locust in order.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )


class Ticks:
    """One observation a second, at its beginning; seconds that an observation overran are written as missing."""

    def __init__(self, recorder: Recorder | None, file: IO[str]) -> None:
        self.recorder = recorder
        self.file = file
        self.last: int | None = None

    def tick(self) -> dict[str, Any] | None:
        """Sleep to the next second, observe it, write it down."""
        time.sleep(1 - time.time() % 1)
        if self.recorder is None:
            return None
        now = time.time()
        for t in range(self.last + 1 if self.last is not None else int(now), int(now)):
            self.write({"t": t, "missing": "the observation before it took too long"})
        state = self.recorder.observe(now)
        self.write(state)
        self.last = int(now)
        return state

    def write(self, state: dict[str, Any]) -> None:
        self.file.write(json.dumps(state, separators=(",", ":")) + "\n")
        self.file.flush()


def stop(locust: "subprocess.Popen[bytes]") -> None:
    """In order; at once when that takes too long, or when Ctrl-C comes again."""
    locust.terminate()
    try:
        locust.wait(STOP_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        locust.kill()
        locust.wait()


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def write(folder: Path, plan: dict[str, Any]) -> None:
    (folder / "plan.json").write_text(json.dumps(plan, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def tail(path: Path) -> str:
    """The last lines of Locust's log before its tables."""
    return "\n".join(path.read_text(encoding="utf-8").split("\nType  ")[0].splitlines()[-8:])
