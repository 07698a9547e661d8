import subprocess
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT


@pytest.fixture
def port(serve: Callable[..., str]) -> Callable[..., int]:
    """Starts a small server for as long as the test runs, and gives its port."""
    return lambda *words: urlsplit(serve(*words)).port or 0


@pytest.fixture(scope="session")
def bench() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs scripts/bench, which sees to wrk."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(ROOT / "scripts" / "bench"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run
