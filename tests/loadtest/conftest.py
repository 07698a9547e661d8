import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from loadtest.users.models import MODELS
from tests.served import ROOT, serving


@contextmanager
def small_server(*words: str) -> Iterator[str]:
    """Start a small real server, which --lie, --refuse … make misbehave, and yield its URL."""
    command = [sys.executable, str(Path(__file__).with_name("small_server.py")), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Return a function that starts a small server for the length of the test and returns its URL."""
    with ExitStack() as stack:
        yield lambda *words: stack.enter_context(small_server(*words))


@pytest.fixture(scope="session")
def our_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of our own server with the models that ship."""
    bundles = ",".join(str(ROOT / "model" / "bundles" / name) for name in MODELS)
    environment = {"MODEL_NAME": ",".join(MODELS), "MODEL_PATH": bundles}
    with serving(environment, tmp_path_factory.mktemp("served") / "log") as served:
        yield served.url
