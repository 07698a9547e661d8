"""The machine that the benchmark runs on: what it must have, checked before anything is measured, and what it is."""

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from time import sleep
from typing import Any

from loadtest.bench.process import LOAD_CORE, SERVER_CORE
from loadtest.cluster import preflight
from loadtest.users.load_second import busy_since, cpu_ticks
from model import bundle

PROGRAMS = {"wrk": "wrk", "taskset": "util-linux"}  # and the Debian packages that they come from
PACKAGES = ("kserve", "fastapi", "uvicorn", "scikit-learn", "onnxruntime", "numpy", "pandas")
PORTS = 16  # more than run at once
OBSERVED_SECONDS = 2


def problems(bundles: Sequence[Path] = (), files: Sequence[Path] = ()) -> list[str]:
    """Return what keeps the benchmark from running here, each as a sentence that says what to do.

    Args:
        bundles: folders of model bundles that it serves.
        files: other files that it reads.
    """
    return [*_machine_problems(), *_package_problems(), *_bundle_problems(bundles), *_file_problems(files)]


def _machine_problems() -> Iterator[str]:
    if sys.platform != "linux":
        yield f"The benchmark needs Linux, and this is {platform.system()}."
        return
    if missing := {SERVER_CORE, LOAD_CORE} - os.sched_getaffinity(0):
        cores = " and ".join(map(str, sorted(missing)))
        yield f"CPU core {cores} is not available to this process. Run it on two cores or more."
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            yield f"{program} is not installed. On Debian: apt-get install {package}"
    try:
        with ExitStack() as stack:
            for _ in range(PORTS):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", 0))
    except OSError as error:
        yield f"There are not {PORTS} free ports on 127.0.0.1 ({error}). Close other servers."


def _package_problems() -> Iterator[str]:
    for name in PACKAGES:
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            yield f"The Python package {name} is not installed. Run make .venv/installed"


def _bundle_problems(folders: Sequence[Path]) -> Iterator[str]:
    for folder in folders:
        try:
            bundle.load(folder)
        except bundle.BundleError as error:
            yield f"{error} Restore it with git checkout {folder}"


def _file_problems(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        if not path.is_file():
            yield f"{path} is missing. Restore it with git checkout {path}"


def describe() -> dict[str, Any]:
    """Return the machine and the versions; `busy_before` is the share of all cores in use before the first round."""
    before = cpu_ticks()
    sleep(OBSERVED_SECONDS)
    busy, _ = busy_since(before)
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    wrk = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout
    return {
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu[1] if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "busy_before": busy,
        "git": preflight.git(),
        "python": platform.python_version(),
        "wrk": wrk.split(" [")[0].removeprefix("wrk ").removeprefix("debian/"),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }
