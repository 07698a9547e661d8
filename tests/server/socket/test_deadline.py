"""No prediction begins after its client has stopped waiting."""

import pytest

from tests.served import Served
from tests.server.socket.client import Caller, ask, request, slow
from tests.server.socket.scrape import Scrape
from tests.server.socket.worker import busy, rows_predicted

pytestmark = [pytest.mark.slow, pytest.mark.timing]


def allowing(milliseconds: bytes) -> bytes:
    return b"X-Envoy-Expected-Rq-Timeout-Ms: " + milliseconds


def test_deadline_passed_in_the_queue_returns_504_without_a_prediction(served: Served) -> None:
    before = Scrape(served.url)
    with busy(served):
        late = [Caller(served.url).send(slow(1, allowing(b"50"))) for _ in range(5)]
        in_time = Caller(served.url).send(slow(1, allowing(b"5000")))
        for caller in late:
            answer = caller.answer()
            assert answer.status == 504
            assert answer.error
            caller.socket.close()
        assert in_time.answer().status == 200
        in_time.socket.close()
    after = Scrape(served.url)
    changes = {
        name: after.total(name, **labels) - before.total(name, **labels)
        for name, labels in {
            "mlserving_batch_rows_sum": {"model": "slow"},
            "mlserving_refused_total": {"reason": "deadline"},
            "mlserving_requests_total": {"status": "504"},
        }.items()
    }
    assert changes == {
        "mlserving_batch_rows_sum": 2,
        "mlserving_refused_total": 5,
        "mlserving_requests_total": 5,
    }


def test_prediction_that_ends_after_the_deadline_is_returned(served: Served) -> None:
    """The deadline applies to the beginning: a computed prediction is not thrown away."""
    assert ask(served.url, slow(100_000, allowing(b"60"))).status == 200


@pytest.mark.parametrize("milliseconds", [b"1000", b"9999999999", b" 60000 "])
def test_generous_deadline_is_met(served: Served, milliseconds: bytes) -> None:
    assert ask(served.url, slow(1, allowing(milliseconds))).status == 200


def test_deadline_of_0_ms_returns_504_without_a_prediction(served: Served) -> None:
    before = rows_predicted(served)
    assert ask(served.url, slow(1, allowing(b"0"))).status == 504
    assert rows_predicted(served) == before


@pytest.mark.parametrize(
    "text", [b"soon", b"-1", b"+1", b"1.5", b"1e3", b"0x10", b"1_000", b"1 000", b"", b"\xc2\xb2", b"1s"]
)
@pytest.mark.parametrize("model", ["slow", "sign"])
def test_deadline_that_is_not_a_whole_number_returns_400(served: Served, text: bytes, model: str) -> None:
    body = {"slow": b'{"instances": [[1]]}', "sign": b'{"instances": [[1, 1]]}'}[model]
    answer = ask(served.url, request(f"/v1/models/{model}:predict", body, allowing(text)))
    assert answer.status == 400
    assert "X-Envoy-Expected-Rq-Timeout-Ms" in answer.error
