import subprocess
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT


@pytest.fixture
def port(serve: Callable[..., str]) -> Callable[..., int]:
    """Start a small server for as long as the test runs, and return its port."""
    return lambda *options: urlsplit(serve(*options)).port or 0


@pytest.fixture(scope="session")
def bench() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run scripts/bench, which installs wrk if needed."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(ROOT / "scripts" / "bench"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run
