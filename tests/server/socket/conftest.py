import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.served import Served
from tests.server import bundles
from tests.server.socket.process import faultless


@pytest.fixture(scope="session")
def models(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server that answers /predict with sign, at once, and has a slow model beside it."""
    slow = bundles.slow(tmp_path_factory.mktemp("bundles") / "slow").folder
    return {"MODEL_NAME": "sign,slow", "MODEL_PATH": f"{folders['sign']},{slow}"}


@pytest.fixture(scope="module")
def served(models: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests of a module."""
    with faultless(models, tmp_path_factory.mktemp("log") / "server.log") as served:
        yield served


@pytest.fixture
def many_files() -> Iterator[None]:
    """Leave to open as many files as this process may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
