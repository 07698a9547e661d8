"""Who asks for little is answered soon, also while others send pictures without pause."""

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
ASKED = 1000
SECONDS = 0.25  # 0.02 is promised of two quiet cores
JSON = {"Content-Type": "application/json"}


def scan() -> bytes:
    """A JPEG as large, and as hard to decode, as a scan from a hospital's web page."""
    noise = np.random.default_rng(0).integers(0, 256, (512, 512), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).filter(ImageFilter.GaussianBlur(3)).save(file, "JPEG")
    return file.getvalue()


def send(address: str, body: bytes, answered: Semaphore) -> None:
    """For ever, one after the other; the server closes a connection now and then."""
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
    """Of the seconds to an answer, on connections that are kept while the server keeps them."""
    seconds = []
    connection = http.client.HTTPConnection(address, timeout=30)
    for _ in range(ASKED):
        began = perf_counter()
        connection.request(method, path, body, JSON if body else {})
        with connection.getresponse() as answer:
            assert answer.status == 200
            answer.read()
        seconds.append(perf_counter() - began)
    connection.close()
    return float(np.percentile(seconds, 99))


def test_rows_and_probes_are_answered_beside_pictures(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    address = urlsplit(served.url).netloc
    row = json.dumps(json.loads((ROOT / "model/bundles/breast_model/task.json").read_text())["example"]).encode()
    asked = {"/predict": ("POST", "/predict", row), "/health": ("GET", "/health", None)}
    quiet = {path: percentile_99(address, *request) for path, request in asked.items()}
    spawned = multiprocessing.get_context("spawn")
    answered = spawned.Semaphore(0)
    callers = [spawned.Process(target=send, args=(address, scan(), answered)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(10 * CALLERS):
            assert answered.acquire(timeout=30)
        beside = {path: percentile_99(address, *request) for path, request in asked.items()}
        assert all(caller.is_alive() for caller in callers)
    finally:
        for caller in callers:
            caller.kill()
            caller.join()
    with capsys.disabled():
        for path in asked:
            print(
                f"\n{path}: 99 % within {1e3 * quiet[path]:.1f} ms alone, {1e3 * beside[path]:.1f} ms beside pictures"
            )
    assert max(beside.values()) < SECONDS
