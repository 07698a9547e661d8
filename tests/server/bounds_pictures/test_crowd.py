"""Cheap requests are answered quickly even while others send pictures without pause."""

import http.client
import io
import json
import multiprocessing
from multiprocessing.synchronize import Semaphore
from time import perf_counter
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.served import ROOT, Served

pytestmark = [pytest.mark.slow, pytest.mark.timing]

CALLERS = 4
REQUESTS = 1000
SECONDS = 0.25  # 0.02 is promised for two idle cores
JSON = {"Content-Type": "application/json"}


def scan() -> bytes:
    """Return a JPEG about as large, and as hard to decode, as a published scan."""
    noise = np.random.default_rng(0).integers(0, 256, (512, 512), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).filter(ImageFilter.GaussianBlur(3)).save(file, "JPEG")
    return file.getvalue()


def send(address: str, body: bytes, answered: Semaphore) -> None:
    """Send requests one after the other, endlessly; the server closes a connection now and then."""
    while True:
        connection = http.client.HTTPConnection(address, timeout=30)
        closes = False
        while not closes:
            connection.request("POST", "/predict/brain_mri", body, {"Content-Type": "image/jpeg"})
            with connection.getresponse() as answer:
                assert answer.status in (200, 503)
                answer.read()
                closes = answer.will_close
            answered.release()


def percentile_99(address: str, method: str, path: str, body: bytes | None) -> float:
    """Return the 99th percentile of the response time in seconds, on connections kept open by the server."""
    seconds = []
    connection = http.client.HTTPConnection(address, timeout=30)
    for _ in range(REQUESTS):
        began = perf_counter()
        connection.request(method, path, body, JSON if body else {})
        with connection.getresponse() as answer:
            assert answer.status == 200
            answer.read()
        seconds.append(perf_counter() - began)
    connection.close()
    return float(np.percentile(seconds, 99))


def test_pictures_do_not_delay_rows_and_probes(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    address = urlsplit(served.url).netloc
    row = json.dumps(json.loads((ROOT / "model/bundles/breast_model/task.json").read_text())["example"]).encode()
    requests = {"/predict": ("POST", "/predict", row), "/health": ("GET", "/health", None)}
    quiet = {path: percentile_99(address, *request) for path, request in requests.items()}
    spawned = multiprocessing.get_context("spawn")
    answered = spawned.Semaphore(0)
    callers = [spawned.Process(target=send, args=(address, scan(), answered)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(10 * CALLERS):
            assert answered.acquire(timeout=30)
        loaded = {path: percentile_99(address, *request) for path, request in requests.items()}
        assert all(caller.is_alive() for caller in callers)
    finally:
        for caller in callers:
            caller.kill()
            caller.join()
    with capsys.disabled():
        for path in requests:
            print(
                f"\n{path}: 99 % within {1e3 * quiet[path]:.1f} ms alone, {1e3 * loaded[path]:.1f} ms next to pictures"
            )
    assert max(loaded.values()) < SECONDS
