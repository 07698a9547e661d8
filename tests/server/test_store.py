"""The server loads models from a real S3 server at its start, and then needs it no more."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx
import pytest
from sklearn.linear_model import LinearRegression

from model import bundle_transfer
from model.bundle import Bundle
from model.store.address import Access, parse
from tests.object_store import SECRET, ObjectStore, object_store
from tests.served import serving, start, wait_until_ready
from tests.server import bundles, pipelines

pytestmark = pytest.mark.slow

ROW = {"x": 3.0, "y": -1.0}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("store") / "root") as running:
        yield running


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundles.sign(tmp_path_factory.mktemp("bundle") / "sign")


@pytest.fixture
def environment(store: ObjectStore, sign: Bundle, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of a server of the model "sign", which is in the store."""
    return {**store.environment, "MODEL_NAME": "sign", "MODEL_PATH": pushed(store, sign, monkeypatch)}


def pushed(store: ObjectStore, made: Bundle, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return str(bundle_transfer.push(made.folder, parse(f"s3://models/{made.task.name}"), Access(store.url))[0])


def assert_does_not_start(environment: dict[str, str], log: Path, sentence: str) -> None:
    assert start(environment, log).process.wait(20) == 1
    (line,) = log.read_text().splitlines()
    assert sentence in json.loads(line)["message"]
    assert not any(secret in line for secret in (SECRET, "hush", "AKID", "Signature"))


def test_model_from_a_store_answers_as_from_its_folder(
    environment: dict[str, str], sign: Bundle, tmp_path: Path
) -> None:
    mixed = {"MODEL_NAME": "near,far", "MODEL_PATH": f"{sign.folder},{environment['MODEL_PATH']}"}
    # It writes nothing, so a pod with a read-only root file system needs no volume.
    nowhere = {"TMPDIR": "/nonexistent", "HOME": "/nonexistent"}
    with serving(environment | mixed | nowhere, tmp_path / "log") as served:
        near, far = (httpx.post(f"{served.url}/predict/{name}", json=ROW).json() for name in ("near", "far"))
        assert near["label"] == "high"
        assert {**near, "model": ""} == {**far, "model": ""}
        metrics = httpx.get(f"{served.url}/metrics").text
        log = served.log.read_text()
    assert metrics.count(f'digest="{sign.digest[:12]}"') == 2
    assert "hush" not in log
    assert "AKID" not in log


def seconds_to_start(environment: dict[str, str], log: Path) -> float:
    began = time.perf_counter()
    with serving(environment, log):
        return time.perf_counter() - began


@pytest.mark.timing
def test_start_from_a_store_takes_little_longer(environment: dict[str, str], sign: Bundle, tmp_path: Path) -> None:
    """The figure of docs/bring.md, which `-s` prints."""
    places = {"a folder": environment | {"MODEL_PATH": str(sign.folder)}, "a store": environment}
    seconds: dict[str, list[float]] = {name: [] for name in places}
    for _ in range(5):
        for name, variables in places.items():
            seconds[name].append(seconds_to_start(variables, tmp_path / "log"))
    folder, store = map(median, seconds.values())
    print(f"Ready from a folder after {folder:.2f} s, from a store on this machine after {store:.2f} s.")
    assert store / folder < 1.6


def test_three_servers_start_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    with ExitStack() as stack:
        started = [start(environment, tmp_path / f"log{number}") for number in range(3)]
        for served in started:
            stack.callback(served.process.kill)
        for served in started:
            wait_until_ready(served)
            assert httpx.post(f"{served.url}/predict", json=ROW).json()["label"] == "high"
        for served in started:
            assert served.stop() == 0


def test_store_that_is_gone_after_the_start_changes_nothing(
    sign: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with object_store(tmp_path / "root") as store:
        environment = {**store.environment, "MODEL_NAME": "sign", "MODEL_PATH": pushed(store, sign, monkeypatch)}
        with serving(environment, tmp_path / "log") as served, httpx.Client(base_url=served.url) as client:
            before = client.post("/predict", json=ROW).json()
            store.process.kill()
            store.process.wait()
            for _ in range(100):
                assert client.post("/predict", json=ROW).json() == before
            assert client.get("/health/ready").status_code == 200
            assert served.stop() == 0


def test_pinned_digest_must_be_that_of_the_model(environment: dict[str, str], sign: Bundle, tmp_path: Path) -> None:
    with serving(environment | {"MODEL_DIGEST": sign.digest}, tmp_path / "log") as served:
        assert httpx.post(f"{served.url}/predict", json=ROW).status_code == 200
    other = "0" * 64
    sentence = f"has the digest {sign.digest}, but MODEL_DIGEST has {other}"
    for place in (environment["MODEL_PATH"], str(sign.folder)):
        assert_does_not_start(environment | {"MODEL_PATH": place, "MODEL_DIGEST": other}, tmp_path / "log", sentence)


def test_unfit_store_ends_the_start_with_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    for change, sentence in (
        ({"MODEL_PATH": "s3://models/nowhere"}, "There is no model bundle at s3://models/nowhere"),
        ({"MODEL_PATH": "s3://nowhere/sign"}, "There is no bucket 'nowhere'"),
        ({"AWS_SECRET_ACCESS_KEY": "hush-hush-0000"}, "does not allow access"),
        ({"MODEL_PATH": "s3://AKIDOFTHETESTS:hush@models/sign"}, "must look like s3://bucket/folder"),
        ({"AWS_ENDPOINT_URL": "http://user:hush@store:9000"}, "AWS_ENDPOINT_URL must be like"),
    ):
        assert_does_not_start(environment | change, tmp_path / "log", sentence)


@pytest.mark.timing
def test_signal_ends_a_server_that_waits_for_its_store(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        served = start(environment | {"AWS_ENDPOINT_URL": endpoint}, tmp_path / "log")
        silent.settimeout(30)
        silent.accept()[0].close()  # it tries again
        started = time.monotonic()
        assert served.stop(signal.SIGTERM) == 0
        assert time.monotonic() - started < 1


def test_model_that_scikit_learn_runs_comes_from_a_store(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pipelines.saved(tmp_path / "line", LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), "line")
    environment = {**store.environment, "MODEL_NAME": "line", "MODEL_PATH": pushed(store, made, monkeypatch)}
    with serving(environment, tmp_path / "log") as served:
        assert httpx.post(f"{served.url}/predict", json={"x": 4.0}).json()["prediction"] == pytest.approx(9.0)
