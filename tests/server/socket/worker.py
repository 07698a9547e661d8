"""The worker thread for long predictions, seen from outside."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.served import Served
from tests.server.socket.client import Caller, slow
from tests.server.socket.scrape import Scrape, eventually

HALF_A_SECOND = 600_000


def rows_predicted(served: Served) -> float:
    return Scrape(served.url).total("mlserving_batch_rows_sum", model="slow")


@contextmanager
def busy(served: Served, turns: int = HALF_A_SECOND) -> Iterator[Caller]:
    """Keep it busy with one prediction of this many turns."""
    with Caller(served.url) as caller:
        caller.send(slow(turns))
        assert eventually(lambda: Scrape(served.url).total("mlserving_queue_length") == 1)
        yield caller
        assert caller.answer().status == 200
