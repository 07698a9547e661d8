import json
from collections.abc import Iterator

import grpc
import pytest

from server.predictor import Predictor
from tests.served import Served, free_port, serving
from tests.server import bundles
from tests.server.pictures.bundles import ink


@pytest.fixture(scope="session")
def grpc_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server with row models, a slow one and one of pictures."""
    root = tmp_path_factory.mktemp("bundles")
    makers = (bundles.sign, bundles.price, bundles.slow, ink)
    folders = {make.__name__: make(root / make.__name__).folder for make in makers}
    return {
        "MODEL_NAME": ",".join(folders),
        "MODEL_PATH": ",".join(map(str, folders.values())),
        "MAX_BODY_BYTES": "65536",
        "QUEUE_SIZE": "8",
        "MAX_WAIT_MS": "60000",  # the number is what counts here
    }


@pytest.fixture(scope="module")
def grpc_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def served(grpc_models: dict[str, str], grpc_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests of a module."""
    log = tmp_path_factory.mktemp("log") / "server.log"
    with serving(grpc_models | {"GRPC_PORT": str(grpc_port)}, log) as served:
        yield served
        assert served.stop() == 0
        for line in map(json.loads, log.read_text().splitlines()):
            assert line["level"] == "info", line


@pytest.fixture
def address(served: Served, grpc_port: int) -> str:
    return f"127.0.0.1:{grpc_port}"


@pytest.fixture
def channel(address: str) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        yield channel


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    predictor = Predictor("sign", bundles.sign(tmp_path_factory.mktemp("bundles") / "sign"))
    predictor.load()
    return predictor
