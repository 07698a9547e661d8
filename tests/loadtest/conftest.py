import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_server(*words: str) -> Iterator[str]:
    """The URL of a small real server, told with --lie, --refuse … to do wrong."""
    command = [sys.executable, str(Path(__file__).with_name("small_server.py")), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts a small server for as long as the test runs, and gives its URL."""
    with ExitStack() as stack:
        yield lambda *words: stack.enter_context(small_server(*words))
