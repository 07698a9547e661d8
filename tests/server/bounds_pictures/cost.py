"""Measure what a request costs a server process, as the kernel accounts for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.served import Served
from tests.server.bounds_pictures.bombs import Bomb


@dataclass(frozen=True)
class Cost:
    """What one request cost.

    Attributes:
        status: Of the response.
        seconds: CPU time of all threads.
        mebibytes: How much the process grew at most in the meantime.
        body: The beginning of the response's body.
    """

    status: int
    seconds: float
    mebibytes: float
    body: str


def cost(
    served: Served, client: httpx.Client, bomb: Bomb, model: str, headers: Mapping[str, str] | None = None
) -> Cost:
    process = Path(f"/proc/{served.process.pid}")
    (process / "clear_refs").write_text("5")  # resets the peak to the present size
    memory, cpu = _mebibytes(process, "VmRSS"), _seconds(process)
    all_headers = {"content-type": bomb.content_type, **(headers or {})}
    answer = client.post(bomb.path.replace("{model}", model), content=bomb.body, headers=all_headers)
    return Cost(answer.status_code, _seconds(process) - cpu, _mebibytes(process, "VmHWM") - memory, answer.text[:200])


def resident_mebibytes(served: Served) -> float:
    return _mebibytes(Path(f"/proc/{served.process.pid}"), "VmRSS")


def _seconds(process: Path) -> float:
    return sum(int((task / "schedstat").read_text().split()[0]) for task in (process / "task").iterdir()) / 1e9


def _mebibytes(process: Path, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", (process / "status").read_text())
    assert found
    return int(found[1]) / 1024
