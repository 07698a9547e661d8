"""Long predictions run off the event loop: probes and small requests are answered meanwhile."""

import json
import statistics
import threading
import time
from collections.abc import Sequence

import pytest

from tests.served import Served
from tests.server.socket.client import PROBE, ROW, Caller, ask, request, slow
from tests.server.socket.scrape import Scrape, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timing]

LONG_BATCH = request("/v1/models/sign:predict", json.dumps({"instances": [[1, 1]] * 10_000}).encode())


def medians_during(served: Served, others: Sequence[bytes], seconds: float = 1.5) -> dict[bytes, float]:
    """Return the median seconds of a probe and of a small request while others are sent again and again."""
    stop = threading.Event()
    answered = [0] * len(others)

    def repeat(position: int) -> None:
        while not stop.is_set():
            assert ask(served.url, others[position]).status == 200
            answered[position] += 1

    threads = [threading.Thread(target=repeat, args=(position,)) for position in range(len(others))]
    for thread in threads:
        thread.start()
    taken: dict[bytes, list[float]] = {PROBE: [], ROW: []}
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        for data, times in taken.items():
            asked = time.perf_counter()
            assert ask(served.url, data).status == 200
            times.append(time.perf_counter() - asked)
        time.sleep(0.005)
    stop.set()
    for thread in threads:
        thread.join()
    assert all(answered)
    return {data: statistics.median(times) for data, times in taken.items()}


@pytest.mark.parametrize(
    "others", [[LONG_BATCH] * 2, [slow(200_000)] * 2, [LONG_BATCH, slow(50_000), slow(500_000)]], ids=len
)
def test_small_requests_stay_quick_during_long_ones(served: Served, others: list[bytes]) -> None:
    assert all(median < 0.05 for median in medians_during(served, others).values())


def test_slow_model_never_runs_on_the_event_loop(served: Served) -> None:
    """However short the body is: only its own response is late."""
    with Caller(served.url) as caller:
        caller.send(slow(1_000_000))
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1, 0.3)
        asked = time.monotonic()
        assert ask(served.url, ROW).status == 200
        assert time.monotonic() - asked < 0.3
        assert json.loads(caller.answer().body)["predictions"] == [1_000_000]


def test_long_predictions_run_one_at_a_time_in_order_of_arrival(served: Served) -> None:
    callers = []
    for turns in (300_000, 1, 2, 3):
        callers.append(Caller(served.url).send(slow(turns)))
        time.sleep(0.02)
    first = callers[0].answer()
    answers = [caller.answer() for caller in callers[1:]]
    assert [json.loads(answer.body)["predictions"][0] for answer in (first, *answers)] == [300_000, 1, 2, 3]
    for caller in callers:
        caller.socket.close()


def test_v2_and_batches_of_the_slow_model_run_off_the_event_loop_too(served: Served) -> None:
    v2 = {"inputs": [{"name": "input", "shape": [1, 1], "datatype": "FP64", "data": [400_000]}]}
    for path, document in (
        ("/v2/models/slow/infer", v2),
        ("/v1/models/slow:predict", {"instances": [[200_000], {"turns": 200_000}]}),
    ):
        with Caller(served.url) as caller:
            caller.send(request(path, json.dumps(document).encode()))
            assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1, 0.25)
            assert caller.answer().status == 200
