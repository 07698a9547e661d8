from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from model.bundle import Bundle
from server.predictor import Predictor
from tests.served import serving
from tests.server import bundles


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("bundles")
    served = (bundles.sign, bundles.price, bundles.gap, bundles.club)
    return {make.__name__: make(root / make.__name__).folder for make in served}


@pytest.fixture(scope="session")
def client(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one real server process that serves sign, price, gap and club. /predict answers with sign."""
    environment = {
        "MODEL_NAME": ",".join(folders),
        "MODEL_PATH": ",".join(map(str, folders.values())),
        "MAX_BODY_BYTES": "65536",
        "POD_NAME": "pod-of-the-test",
    }
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(environment, log) as served, httpx.Client(base_url=served.url) as http:
        yield http


def _loaded(make: Callable[[Path], Bundle], folder: Path) -> Predictor:
    predictor = Predictor(make.__name__, make(folder))
    predictor.load()
    return predictor


@pytest.fixture
def sign(tmp_path: Path) -> Predictor:
    return _loaded(bundles.sign, tmp_path / "sign")


@pytest.fixture
def price(tmp_path: Path) -> Predictor:
    return _loaded(bundles.price, tmp_path / "price")


@pytest.fixture
def club(tmp_path: Path) -> Predictor:
    return _loaded(bundles.club, tmp_path / "club")


@pytest.fixture
def gap(tmp_path: Path) -> Predictor:
    return _loaded(bundles.gap, tmp_path / "gap")
