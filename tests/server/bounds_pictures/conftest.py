from collections.abc import Iterator

import httpx
import pytest

from tests.served import ROOT, Served, serving

NAMES = ("breast_model", "digits", "brain_mri")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server process with the models that ship."""
    bundles = ",".join(str(ROOT / "model" / "bundles" / name) for name in NAMES)
    environment = {"MODEL_NAME": ",".join(NAMES), "MODEL_PATH": bundles}
    with serving(environment, tmp_path_factory.mktemp("log") / "server.log") as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=60) as http:
        yield http
