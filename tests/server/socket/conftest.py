import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served
from tests.server import bundles
from tests.server.socket import short_timeouts
from tests.server.socket.process import faultless


@pytest.fixture(scope="session")
def models(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server with two models: sign, which /predict answers at once, and slow.

    How long slow takes depends on the values, which no server can estimate, so its requests may wait for a minute.
    """
    slow = bundles.slow(tmp_path_factory.mktemp("bundles") / "slow").folder
    return {"MODEL_NAME": "sign,slow", "MODEL_PATH": f"{folders['sign']},{slow}", "MAX_WAIT_MS": "60000"}


@pytest.fixture(scope="module")
def served(models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests of a module."""
    with faultless(models, tmp_path_factory.mktemp("log") / "server.log") as served:
        yield served


@pytest.fixture(scope="session")
def hasty(models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server that waits for clients as long as short_timeouts.TIMEOUTS says."""
    with faultless(models, tmp_path_factory.mktemp("log") / "server.log", short_timeouts.__name__) as served:
        yield served


@pytest.fixture
def many_files() -> Iterator[None]:
    """Raise this process's limit on open files as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
