"""Batches against a small real server that responds correctly or misbehaves."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from loadtest.digits import batches

pytestmark = pytest.mark.slow

IMAGES = np.arange(250 * 784, dtype=np.uint32).astype(np.uint8).reshape(250, 28, 28)
CLASSES = (IMAGES.astype(int).sum(axis=(1, 2)) % 10).tolist()


def test_classes_come_back_in_the_order_of_the_images(serve: Callable[..., str]) -> None:
    found = batches.send_batches(serve(), IMAGES, 100, 3, "json")
    assert [(batch.first, batch.count, batch.reason) for batch in found] == [
        (0, 100, ""),
        (100, 100, ""),
        (200, 50, ""),
    ]
    assert [one for batch in found for one in batch.classes or ()] == CLASSES
    assert all(batch.ended > batch.started for batch in found)


def test_batches_are_sent_concurrently_up_to_the_limit(serve: Callable[..., str]) -> None:
    host = serve("--dawdle")  # takes a quarter of a second per response
    at_once, one_by_one = (batches.send_batches(host, IMAGES[:40], 10, concurrency, "json") for concurrency in (4, 1))
    assert max(batch.started for batch in at_once) < min(batch.ended for batch in at_once)
    assert all(after.started >= before.ended for before, after in pairwise(one_by_one))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("--refuse", 'status 503: {"error": "The server is busy: try again in a second."}'),
        ("--redirect", "status 302"),
        ("--hang-up", "no response: RemoteProtocolError"),
        ("--break-off", "no response: RemoteProtocolError"),
        ("--overdo", "the response does not have 50 digits"),
        ("--contradict", "the response does not have 50 digits"),
    ],
)
def test_invalid_responses_count_as_lost(serve: Callable[..., str], mode: str, reason: str) -> None:
    (batch,) = batches.send_batches(serve(mode), IMAGES[:50], 50, 1, "json")
    assert batch.classes is None
    assert batch.reason.startswith(reason)


def test_unreachable_server_counts_as_lost() -> None:
    (batch,) = batches.send_batches("http://127.0.0.1:9", IMAGES[:50], 50, 1, "v2")
    assert (batch.classes, batch.reason) == (None, "no response: ConnectError")
