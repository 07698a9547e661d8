import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.served import ROOT, Served, free_port, serving
from tests.server import bundles


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundles.sign(tmp_path_factory.mktemp("parity") / "sign").folder


@pytest.fixture(scope="session")
def grpc_ports() -> dict[str, int]:
    """The gRPC ports of the two servers."""
    return {"ours": free_port(), "kserve": free_port()}


@pytest.fixture(scope="session")
def ours(folder: Path, grpc_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    models = {"MODEL_NAME": "sign,table", "MODEL_PATH": f"{folder},{folder}"}
    environment = models | {"GRPC_PORT": str(grpc_ports["ours"])}
    with serving(environment, tmp_path_factory.mktemp("log") / "server.log") as served:
        yield served


@pytest.fixture(scope="session")
def kserve(folder: Path, grpc_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same models on KServe's own server."""
    port = free_port()
    log = tmp_path_factory.mktemp("log") / "kserve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.parity.plain_kserve"],
            cwd=ROOT,
            env={**os.environ, "MODEL_PATH": str(folder), "PORT": str(port), "GRPC_PORT": str(grpc_ports["kserve"])},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = Served(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait_until_ready(served)
        yield served
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(served: Served) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert served.process.poll() is None, served.log.read_text()
        try:
            httpx.get(f"{served.url}/v2/health/ready")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(served.log.read_text())
