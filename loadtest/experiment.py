"""One experiment: Locust follows a load shape, the recorder watches the cluster, and a run folder is the result.

Locust is a process of its own; it and this process exchange nothing but files. The load ends by itself with its
shape, even if this process is killed.
"""

import json
import os
import shlex
import signal
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Any

from loadtest import locust_process
from loadtest.cluster import preflight, prometheus
from loadtest.cluster.record import API_ERRORS, Recorder, reason
from loadtest.faults import injection
from loadtest.faults.target import Target
from loadtest.locust_process import Workers
from loadtest.report.progress import Progress
from loadtest.shapes import Shape
from loadtest.users.models import CannotRunError, check_host
from loadtest.users.schedule import Arrivals

BASELINE_SECONDS = 3
NOTHING = "Interrupted before the load began: there is nothing to report."


@dataclass(frozen=True)
class Experiment:
    shape: Shape
    host: str
    output: Path
    recorder: Recorder | None
    models: Mapping[str, int]
    arrivals: Arrivals | None = None  # of an open loop
    price: float | None = None  # of an hour of a core
    target: Target | None = None  # of the shape's faults
    workers: Workers | None = None  # Locust's processes that have the users; None: one process does everything

    def begin(self) -> Path:
        """Create the run folder with its plan once the server responds and the autoscaler is idle.

        Raises:
            CannotRunError: The server does not respond or lacks a model, or the cluster cannot be described.
            FaultError: The shape has faults that cannot be injected.
        """
        check_host(self.host, self.models)
        if self.target is not None:
            injection.check(self.shape.faults, self.target)
        signal.signal(signal.SIGTERM, _interrupt)
        if self.recorder is not None:
            preflight.wait_until_idle(self.recorder)
        plan = self._plan()
        folder = self.output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        folder.mkdir(parents=True)
        write_plan(folder, plan)
        return folder

    def run(self, folder: Path) -> None:
        """Make the load and observe it. Ctrl-C and SIGTERM end it early, and the plan records that.

        Raises:
            CannotRunError: Locust failed, or the run was interrupted before the load began.
        """
        progress = Progress(self.shape, folder / "load.jsonl")
        with injection.injecting(self.shape, self.target, folder) if self.target is not None else nullcontext():
            began = time.time() + BASELINE_SECONDS
            code = self._observe_load(folder, progress)
        if code is None:
            if not progress.load.exists():
                raise CannotRunError(NOTHING)
            return
        progress.follow()
        locust_process.check(code, folder, failures=progress.failures)
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        counted = prometheus.counted(self.recorder, began) if self.recorder is not None else None
        write_plan(folder, plan | {"interrupted": False, "prometheus": counted})

    def _plan(self) -> dict[str, Any]:
        try:
            cluster = preflight.describe_cluster(self.recorder) if self.recorder is not None else None
        except API_ERRORS as error:
            raise CannotRunError(f"The cluster could not be described: {reason(error)}") from error
        return {
            **preflight.source(),
            "host": self.host,
            "models": dict(self.models),
            "open": self.arrivals,
            "price": self.price,
            "workers": self.workers.count if self.workers is not None else None,
            "shape": asdict(self.shape),
            "versions": preflight.versions(),
            "cluster": cluster,
            "interrupted": True,  # until the load has ended
        }

    def _observe_load(self, folder: Path, progress: Progress) -> int | None:
        """Record and show each second until the load ends; return Locust's exit code, or None if interrupted."""
        with (folder / "cluster.jsonl").open("w", encoding="utf-8") as states, (folder / "locust.log").open("w") as log:
            sampler = Sampler(self.recorder, states)
            locust, code = None, None
            try:
                for _ in range(BASELINE_SECONDS if self.recorder is not None else 0):
                    sampler.sample()
                load = (self.host, self.models, self.arrivals, self.workers)
                locust = locust_process.start(folder, log, *load)
                while (code := locust.poll()) is None:
                    progress.show(time.time(), sampler.sample())
            except KeyboardInterrupt:
                pass  # the load is stopped in order, and what was observed is reported
            finally:
                if locust is not None:
                    locust_process.stop(locust)
                    sampler.sample()
                progress.end()
        return code


class Sampler:
    """Observes the cluster at the beginning of each second; seconds that an observation overran become gaps."""

    def __init__(self, recorder: Recorder | None, file: IO[str]) -> None:
        self.recorder = recorder
        self.file = file
        self.last: int | None = None

    def sample(self) -> dict[str, Any] | None:
        """Sleep until the next second, observe it and write it."""
        time.sleep(1 - time.time() % 1)
        if self.recorder is None:
            return None
        now = time.time()
        for t in range(self.last + 1 if self.last is not None else int(now), int(now)):
            self._write({"t": t, "missing": "the previous observation took too long"})
        state = self.recorder.observe(now)
        self._write(state)
        self.last = int(now)
        return state

    def _write(self, state: dict[str, Any]) -> None:
        self.file.write(json.dumps(state, separators=(",", ":")) + "\n")
        self.file.flush()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def write_plan(folder: Path, plan: dict[str, Any]) -> None:
    (folder / "plan.json").write_text(json.dumps(plan, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def explain_interrupt(folder: Path | None) -> str:
    """Say what an interrupted experiment has left."""
    if folder is None or not (folder / "load.jsonl").exists():
        return NOTHING
    command = shlex.join(["python", "-m", "loadtest", "report", str(folder)])
    return f"Interrupted. To write the report: {command}"


def link_latest(output: Path, folder: Path) -> None:
    """Point `latest` to this run, replacing it in one step."""
    fresh = output / ".latest"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder.name)
    os.replace(fresh, output / "latest")  # noqa: PTH105  Path.replace follows no link either, but reads as a copy
