"""Each fault of a real server raises its own alert, and traffic like the training data raises none."""

import csv
import random
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from model import bundle
from tests.conftest import ROOT
from tests.monitoring.scene import scene
from tests.served import Served, serving

pytestmark = pytest.mark.timing

BUNDLE = ROOT / "model" / "bundles" / "breast_model"
PATH = "/v1/models/breast_model:predict"
NAMES = bundle.load(BUNDLE).task.names
with (ROOT / "loadtest" / "rows.csv").open(newline="") as file:
    ROWS = [[float(row[name]) for name in NAMES] for row in csv.DictReader(file)]
SHIFTED = "area_worst"
DEVIATION = bundle.load(BUNDLE).statistics["features"][SHIFTED]["sd"]


def some_rows() -> list[list[float]]:
    return random.choices(ROWS, k=30)  # noqa: S311


def ask(served: Served, rows: list[list[float]], headers: dict[str, str] | None = None) -> int:
    return httpx.post(served.url + PATH, json={"instances": rows}, headers=headers).status_code


def usual(served: Served) -> None:
    assert ask(served, some_rows()) == 200


def shifted(served: Served) -> None:
    """Ask about rows in which one feature is half a standard deviation larger."""
    place = NAMES.index(SHIFTED)
    rows = [[value + DEVIATION / 2 * (index == place) for index, value in enumerate(row)] for row in some_rows()]
    assert ask(served, rows) == 200


def too_late(served: Served) -> None:
    """Ask with a deadline that has passed before the prediction begins."""
    assert ask(served, some_rows(), {"x-envoy-expected-rq-timeout-ms": "0"}) == 504


def saturated(served: Served) -> None:
    """Stall the event loop for 150 ms, as CPU throttling does, then send a request."""
    served.process.send_signal(signal.SIGSTOP)
    time.sleep(0.15)
    served.process.send_signal(signal.SIGCONT)
    usual(served)


def stopped(served: Served) -> None:
    served.process.send_signal(signal.SIGSTOP)


CALLERS: dict[str, Callable[[Served], None]] = {
    "usual": usual,
    "shifted": shifted,
    "failing": too_late,
    "saturated": saturated,
    "stopped": stopped,
}
EXPECTED = {
    ("shifted", "MlservingFeatureDrift"),
    ("failing", "MlservingErrorsFastBurn"),
    ("saturated", "MlservingSaturated"),
    ("stopped", "MlservingDown"),
}


def test_each_fault_raises_its_alert_within_two_minutes_and_usual_traffic_none(tmp_path: Path) -> None:
    with ExitStack() as stack:
        environment = {"MODEL_NAME": "breast_model", "MODEL_PATH": str(BUNDLE)}
        apps = {name: stack.enter_context(serving(environment, tmp_path / f"{name}.log")) for name in CALLERS}
        watched = stack.enter_context(scene(tmp_path, apps))
        for served in apps.values():
            usual(served)
        time.sleep(15)  # Prometheus sees what is right before anything goes wrong
        began = time.monotonic()
        while time.monotonic() - began < 120:
            for name, caller in CALLERS.items():
                caller(apps[name])
            time.sleep(0.2)
        assert watched.firing() == EXPECTED
        features = {labels["feature"] for _, name, labels in watched.alerts if name == "MlservingFeatureDrift"}
        assert features == {SHIFTED}
        assert ask(apps["usual"], some_rows()) == 200
