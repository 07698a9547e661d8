"""Where and with what it was measured: figures of another machine, or of other versions, are other figures."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from time import sleep
from typing import Any

from loadtest.cluster import facts
from loadtest.users.load_second import busy_since, cpu_ticks

PACKAGES = ("kserve", "fastapi", "uvicorn", "scikit-learn", "onnxruntime", "numpy", "pandas")
LOOK_SECONDS = 2


def machine() -> dict[str, Any]:
    """busy_before: the share of all cores that others used just before the first round."""
    before = cpu_ticks()
    sleep(LOOK_SECONDS)
    busy, _ = busy_since(before)
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    wrk = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False).stdout
    return {
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "busy_before": busy,
        "git": facts.git(),
        "python": platform.python_version(),
        "wrk": wrk.split(" [")[0].removeprefix("wrk ").removeprefix("debian/"),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }
