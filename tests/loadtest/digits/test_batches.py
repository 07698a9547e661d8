"""Batches against a small real server, that answers as it should or does not."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from loadtest.digits import batches

pytestmark = pytest.mark.slow

IMAGES = np.arange(250 * 784, dtype=np.uint32).astype(np.uint8).reshape(250, 28, 28)
CLASSES = (IMAGES.astype(int).sum(axis=(1, 2)) % 10).tolist()


def test_images_go_in_batches_and_classes_come_back_in_their_order(serve: Callable[..., str]) -> None:
    found = batches.ask(serve(), IMAGES, 100, 3, "json")
    assert [(batch.first, batch.count, batch.reason) for batch in found] == [
        (0, 100, ""),
        (100, 100, ""),
        (200, 50, ""),
    ]
    assert [one for batch in found for one in batch.classes or ()] == CLASSES
    assert all(batch.ended > batch.begun for batch in found)


def test_batches_are_sent_at_once_up_to_the_concurrency(serve: Callable[..., str]) -> None:
    host = serve("--dawdle")  # a quarter of a second over each answer
    at_once, one_by_one = (batches.ask(host, IMAGES[:40], 10, concurrency, "json") for concurrency in (4, 1))
    assert max(batch.begun for batch in at_once) < min(batch.ended for batch in at_once)
    assert all(after.begun >= before.ended for before, after in pairwise(one_by_one))


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("--refuse", 'status 503: {"error": "The server is busy: try again in a second."}'),
        ("--redirect", "status 302"),
        ("--hang-up", "no answer: RemoteProtocolError"),
        ("--break-off", "no answer: RemoteProtocolError"),
        ("--overdo", "the answer is not 50 digits"),
        ("--contradict", "the answer is not 50 digits"),
    ],
)
def test_what_is_no_answer_is_lost(serve: Callable[..., str], mode: str, reason: str) -> None:
    (batch,) = batches.ask(serve(mode), IMAGES[:50], 50, 1, "json")
    assert batch.classes is None
    assert batch.reason.startswith(reason)


def test_nobody_there_is_lost_too() -> None:
    (batch,) = batches.ask("http://127.0.0.1:9", IMAGES[:50], 50, 1, "v2")
    assert (batch.classes, batch.reason) == (None, "no answer: ConnectError")
