"""A Prometheus that runs."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.monitoring.files import go_program

READY_SECONDS = 60


@dataclass(frozen=True)
class Prometheus:
    url: str

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return the labels and the value of each sample. An invalid expression is an error."""
        response = httpx.post(f"{self.url}/api/v1/query", data={"query": expression})
        assert response.status_code == 200, f"{expression}: {response.text}"
        result = response.json()["data"]
        if result["resultType"] == "scalar":
            return [({}, float(result["result"][1]))]
        return [(sample["metric"], float(sample["value"][1])) for sample in result["result"]]


@contextmanager
def prometheus(folder: Path, port: int) -> Iterator[Prometheus]:
    """Run Prometheus with the prometheus.yml in a folder, and yield it when it is ready."""
    command = [str(go_program("prometheus")), f"--config.file={folder / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        started = Prometheus(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + READY_SECONDS
        while not started.answers():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield started
    finally:
        process.terminate()
        process.wait()
