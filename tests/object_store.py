"""A real S3 server on a free port of this machine, whose buckets are folders."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.served import ROOT, free_port

KEY, SECRET = "AKIDOFTHETESTS", "hush-hush-4711"


@dataclass(frozen=True)
class ObjectStore:
    """The server.

    Attributes:
        root: The folder of its buckets.
        url: Where it listens.
    """

    root: Path
    url: str
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        """A line for each request."""
        return _log(self.root).read_text()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that a client of the store needs."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextmanager
def object_store(
    root: Path, *, host: str = "127.0.0.1", port: int = 0, certificate: Path | None = None
) -> Iterator[ObjectStore]:
    """Run a server with the bucket "models".

    Args:
        root: The folder of its buckets.
        host: The address of this machine where it listens.
        port: Where it listens; by default on a free port.
        certificate: A PEM file with the certificate and key of localhost, with which it speaks TLS.
    """
    (root / "models").mkdir(parents=True, exist_ok=True)
    program = subprocess.run(
        [ROOT / "scripts" / "go_program", "versitygw"], stdout=subprocess.PIPE, text=True, check=True
    )
    port = port or free_port()
    tls = ["--cert", str(certificate), "--key", str(certificate)] if certificate else []
    command = [program.stdout.strip(), "--port", f"{host}:{port}", *tls, "posix", str(root)]
    variables = {"PATH": os.environ["PATH"], "ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    with _log(root).open("wb") as log:
        process = subprocess.Popen(command, cwd=root.parent, env=variables, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(host, port, process)
        yield ObjectStore(root, f"https://localhost:{port}" if certificate else f"http://{host}:{port}", process)
    finally:
        process.kill()
        process.wait()


def _log(root: Path) -> Path:
    return root.parent / f"{root.name}.log"


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes], timeout: float = 120) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        assert process.poll() is None, "the S3 server has ended"
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the S3 server does not listen")
