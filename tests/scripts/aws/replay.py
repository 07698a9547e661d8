"""ECS's way to stop a task, replayed: SIGTERM first, and the balancer sends requests for some seconds more.

    python -m tests.scripts.aws.replay --stops 20 --requests 20000 --drain 20

nginx is the balancer. Of two or three servers the oldest is stopped, as often as asked, while clients keep sending
requests. Exit status: 0 if each request was answered with 200, 1 if one was lost.
"""

import argparse
import http.client
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from tests.scripts.aws.balancer import Balancer
from tests.served import Served, start, wait_until_ready
from tests.server import bundles

CLIENTS = 8
MAX_DELAY = 15  # seconds from SIGTERM to the end of requests to the task
RATE = 60  # requests per second, of all clients together
BODY = b'{"x": 3, "y": -1}'


@dataclass
class Outcome:
    """What happened to the requests.

    Attributes:
        requests: How many were sent.
        lost: How many were not answered with 200, by what came instead.
        delays: Seconds from each SIGTERM until the balancer knew.
    """

    requests: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        why = ", ".join(f"{count} × {reason}" for reason, count in self.lost.most_common())
        return f"{self.requests} requests, {len(self.delays)} stops, {self.lost.total()} lost" + (why and f": {why}")


def replay(folder: Path, drain_seconds: int, delays: Sequence[float], requests: int = 0, rate: float = RATE) -> Outcome:
    """Stop a server for each delay, send at least so many requests meanwhile, and return what happened to them."""
    sign = bundles.sign(folder / "sign").folder
    environment = {"MODEL_NAME": "sign", "MODEL_PATH": str(sign), "DRAIN_SECONDS": str(drain_seconds)}
    outcome, balancer, numbers = Outcome(), Balancer(folder), count()
    with ExitStack() as stack:

        def add() -> Served:
            served = start(environment, folder / f"log-{next(numbers)}")
            stack.callback(_end, served)
            wait_until_ready(served, 120)  # it starts while the clients use the processor
            return served

        targets = [add(), add()]
        stack.enter_context(balancer.running(_urls(targets)))
        with _clients(balancer.url, outcome, rate):
            for delay in delays:
                targets.append(add())
                balancer.register(_urls(targets))
                time.sleep(0.5)
                oldest = targets.pop(0)
                oldest.process.terminate()
                time.sleep(delay)
                balancer.register(_urls(targets))
                outcome.delays.append(delay)
                assert oldest.process.wait(drain_seconds + 30) == 0
            while outcome.requests < requests:
                time.sleep(0.1)
    return outcome


@contextmanager
def _clients(url: str, outcome: Outcome, rate: float) -> Iterator[None]:
    """Send requests, each over a connection of its own, until the block ends."""
    over, lock = threading.Event(), threading.Lock()

    def ask() -> None:
        address = urlsplit(url).netloc
        due = time.monotonic()
        while not over.is_set():
            try:
                status = _status(address)
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
            with lock:
                outcome.requests += 1
                if status != "200":
                    outcome.lost[status] += 1
            due = max(due + CLIENTS / rate, time.monotonic() - 1)
            over.wait(max(0, due - time.monotonic()))

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _status(address: str) -> str:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request("POST", "/predict", BODY, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        return str(response.status)
    finally:
        connection.close()


def _urls(targets: Sequence[Served]) -> list[str]:
    return [target.url for target in targets]


def _end(served: Served) -> None:
    served.process.kill()
    served.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scripts.aws.replay", description=__doc__)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--drain", type=int, default=20, help="DRAIN_SECONDS of the servers")
    options = parser.parse_args()
    delays = [MAX_DELAY * number / max(1, options.stops - 1) for number in range(options.stops)]
    with tempfile.TemporaryDirectory() as folder:
        outcome = replay(Path(folder), options.drain, delays, options.requests)
    print(outcome)
    return int(outcome.lost.total() > 0)


if __name__ == "__main__":
    sys.exit(main())
