"""What a request costs a server process, as the kernel counts it."""

import re
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.served import Served
from tests.server.bounds_pictures.bombs import Bomb


@dataclass(frozen=True)
class Cost:
    """seconds: of CPU, of all threads; mebibytes: by which it grew at most meanwhile."""

    status: int
    seconds: float
    mebibytes: float
    said: str


def cost(served: Served, client: httpx.Client, bomb: Bomb, model: str) -> Cost:
    process = Path(f"/proc/{served.process.pid}")
    (process / "clear_refs").write_text("5")  # its peak is what it has now
    memory, cpu = _mebibytes(process, "VmRSS"), _seconds(process)
    answer = client.post(
        bomb.path.replace("{model}", model), content=bomb.body, headers={"content-type": bomb.content_type}
    )
    return Cost(answer.status_code, _seconds(process) - cpu, _mebibytes(process, "VmHWM") - memory, answer.text[:200])


def resident_mebibytes(served: Served) -> float:
    return _mebibytes(Path(f"/proc/{served.process.pid}"), "VmRSS")


def _seconds(process: Path) -> float:
    return sum(int((task / "schedstat").read_text().split()[0]) for task in (process / "task").iterdir()) / 1e9


def _mebibytes(process: Path, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", (process / "status").read_text())
    assert found
    return int(found[1]) / 1024
