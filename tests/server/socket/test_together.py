"""A real server whose model scikit-learn runs: callers at the same time get their own answers."""

import json
import math
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.served import Served, start, wait_until_ready
from tests.server import pipelines
from tests.server.socket.client import Caller, request
from tests.server.socket.scrape import Scrape

pytestmark = pytest.mark.slow

CALLERS = 24
START_SECONDS = 120  # skops imports the whole of scikit-learn, and PyTorch if it is installed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = np.array([[1.0], [2.0], [5.0]])
    logarithm = make_pipeline(FunctionTransformer(np.log), LinearRegression()).fit(rows, np.log(rows[:, 0]))
    return pipelines.saved(tmp_path_factory.mktemp("bundles") / "logarithm", logarithm, "logarithm").folder


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environment = {"MODEL_NAME": "logarithm", "MODEL_PATH": str(folder)}
    served = start(environment, tmp_path_factory.mktemp("log") / "server.log")
    try:
        wait_until_ready(served, START_SECONDS)
        yield served
        assert served.stop() == 0
    finally:
        served.process.kill()
        served.process.wait()


def asked(x: float) -> bytes:
    return request("/v1/models/logarithm:predict", json.dumps({"instances": [[x]]}).encode())


def test_callers_at_the_same_time_are_predicted_together_each_with_its_own_answer(served: Served) -> None:
    """One in three sends a row that has no logarithm, for which the pipeline also warns."""
    before = Scrape(served.url)
    with ExitStack() as stack:
        callers = [stack.enter_context(Caller(served.url)) for _ in range(CALLERS)]
        for position, caller in enumerate(callers):
            caller.send(asked(position if position % 3 else -1))
        answers = [caller.answer() for caller in callers]
    for position, answer in enumerate(answers):
        if position % 3:
            assert json.loads(answer.body)["predictions"] == [pytest.approx(math.log(position), abs=1e-9)]
        else:
            assert answer.status == 400
            assert json.loads(answer.body)["reason"] == "value_range"
    name = "mlserving_batch_rows_sum"
    assert Scrape(served.url).total(name) - before.total(name) >= CALLERS


def test_info_says_what_runs_the_model(served: Served) -> None:
    assert httpx.get(f"{served.url}/info").json()["backend"] == "scikit-learn"


def test_long_batches_are_predicted_too(served: Served) -> None:
    numbers = list(range(1, 5001))
    answered = httpx.post(f"{served.url}/predict/batch", json={"instances": [[number] for number in numbers]}).json()
    predictions = [one["prediction"] for one in answered["predictions"]]
    assert predictions == pytest.approx(np.log(numbers).tolist())


def test_another_scikit_learn_refuses_to_start(folder: Path, tmp_path: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    other = tmp_path / "other"
    other.mkdir()
    for name in manifest["files"]:
        (other / name).write_bytes((folder / name).read_bytes())
    (other / "manifest.json").write_text(json.dumps(manifest | {"sklearn": "1.2.3"}))
    refused = start({"MODEL_NAME": "other", "MODEL_PATH": str(other)}, tmp_path / "log")
    assert refused.process.wait(START_SECONDS) == 1
    sentence = json.loads(refused.log.read_text().splitlines()[-1])["message"]
    assert f"is for scikit-learn 1.2.3, and this is {manifest['sklearn']}." in sentence
