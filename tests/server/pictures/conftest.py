from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from model.bundle import Bundle
from server.predictor import Predictor
from tests.served import serving
from tests.server import bundles as of_rows
from tests.server.pictures import bundles


@pytest.fixture(scope="session")
def picture_folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("bundles")
    return {make.__name__: make(root / make.__name__).folder for make in (of_rows.sign, bundles.ink, bundles.bulk)}


@pytest.fixture(scope="session")
def both(picture_folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one real server process that serves sign (rows), ink and bulk (pictures), in this order."""
    environment = {
        "MODEL_NAME": ",".join(picture_folders),
        "MODEL_PATH": ",".join(map(str, picture_folders.values())),
    }
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(environment, log) as served, httpx.Client(base_url=served.url) as http:
        yield http


@pytest.fixture(scope="session")
def ink(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return _loaded(bundles.ink, tmp_path_factory.mktemp("ink"))


@pytest.fixture(scope="session")
def bulk(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return _loaded(bundles.bulk, tmp_path_factory.mktemp("bulk"))


def _loaded(make: Callable[[Path], Bundle], folder: Path) -> Predictor:
    predictor = Predictor(make.__name__, make(folder / "bundle"))
    predictor.load()
    return predictor
