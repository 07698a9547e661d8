# mypy: allow-untyped-calls, allow-untyped-decorators
"""A user who sends requests at a steady pace, opens a new connection now and then, and checks every response."""

import json
import random
import time
from typing import Any

import gevent
from gevent.pool import Group
from locust import FastHttpUser, events
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS

from loadtest.users import schedule
from loadtest.users.checks import AnswerChecker, Check
from loadtest.users.models import ModelInfo
from loadtest.users.schedule import IN_FLIGHT, Arrivals

RENEW_SECONDS = 10
LOOK_SECONDS = 0.5  # after which a user who waits for the next request looks at the rate again, where it changes
FINISH_SECONDS = 10  # for the requests in flight when the test ends
RETRY_SECONDS = 60  # after a request was due; a refusal later than that is final
OK, UNAVAILABLE = 200, 503


# The requests in flight of all users of an open loop: a user who stops does not wait for them.
UNANSWERED = Group()


class NotSentError(Exception):
    """The user has too many requests in flight to send another one."""


class PacedUser(FastHttpUser):
    """The base of all users: a subclass names its model and its pace, and has the tasks.

    A request that is refused with a Retry-After is sent again. It is one request: its latency ends with its last
    response. A user waits for the response before the next request, unless `--open` has set `arrivals`.
    """

    abstract = True
    model: str
    requests_per_second: float
    arrivals: Arrivals | None = None  # those of an open loop
    share = 1.0  # of that pace, for all users: recorded traffic is seldom what a whole number of users sends
    rate_changes = False  # as that of recorded traffic does
    described_host = ""  # the host that `info` is about
    info: ModelInfo
    checker: AnswerChecker  # one for all users of a model
    # Together less than the --stop-timeout: a user killed during a request leaves no trace of it.
    network_timeout = 8.0
    connection_timeout = 4.0
    concurrency = IN_FLIGHT

    @classmethod
    def prepare(cls, host: str, info: ModelInfo) -> None:
        """Take what the server at `host` says about the model, before the first user starts."""
        cls.described_host, cls.info = host, info
        cls.checker = AnswerChecker(info.labels)

    def on_start(self) -> None:
        # Locust's own way to follow no redirect is not safe for several requests of a user at a time.
        self.client.client.redirect_response_codes = frozenset()  # type: ignore[misc]  # Locust sets it so too
        self._in_flight = Group()
        # Users who start together neither send their first requests nor renew their connections together.
        part = random.uniform(0, 1)  # noqa: S311
        if self.arrivals is not None and PacedUser.rate_changes:
            self._due = time.perf_counter() - (part / self._rate() if self.arrivals == "constant" else 0)
            self.wait()
        else:
            gevent.sleep(part / self._rate())
            self._due = time.perf_counter()
        self._renew = time.perf_counter() + random.uniform(0, RENEW_SECONDS)  # noqa: S311

    def wait_time(self) -> float:
        """Return the seconds until the next request.

        In an open loop it is due at its time, however late the user is. Otherwise the pace is even, with jitter so that
        users fall out of step, and a late response delays the next request and is not made up for: a stalled server
        gets no burst.
        """
        if self.arrivals is not None and PacedUser.rate_changes:
            return self._wait_at_each_rate(schedule.gap(self.arrivals))
        now = time.perf_counter()
        if self.arrivals is not None:
            self._due += schedule.interval(self.arrivals, self._rate())
            return max(0.0, self._due - now)
        self._due = max(now, self._due + random.uniform(0.5, 1.5) / self.requests_per_second)  # noqa: S311
        return self._due - now

    def _wait_at_each_rate(self, gap: float) -> float:
        """Sleep through a gap, which shrinks as the rate rises, until little is left, and return those seconds.

        A user who drew the whole wait at a low rate would sleep through a higher one that comes meanwhile.
        """
        while True:
            ahead = self._due - time.perf_counter()
            seconds = gap / self._rate()
            if ahead + seconds <= LOOK_SECONDS:
                self._due += seconds
                return max(0.0, ahead + seconds)
            gap -= (LOOK_SECONDS - ahead) * self._rate()
            self._due += LOOK_SECONDS - ahead
            gevent.sleep(LOOK_SECONDS)

    def post(self, path: str, check: Check, **content: Any) -> None:
        """POST `content` (Locust's `json`, or `data` with `headers`) and check the response."""
        if self.arrivals is None:
            self._exchange(path, check, content, time.perf_counter())
        elif len(self._in_flight) < IN_FLIGHT:
            request = self._in_flight.spawn(self._exchange, path, check, content, self._due)
            UNANSWERED.add(request)
        else:
            event = {"request_type": "POST", "name": path, "response_time": 0, "response_length": 0, "context": {}}
            self.environment.events.request.fire(**event, response=None, exception=NotSentError())

    def _exchange(self, path: str, check: Check, content: dict[str, Any], due: float) -> None:
        """Send until the answer is final, and report one request that began when it was due."""
        late, refused = time.perf_counter() - due, 0
        while True:
            sent = time.perf_counter()
            headers = content.get("headers", {}) | self._connection()
            exchange = self.client.post(path, catch_response=True, **content | {"headers": headers})
            wait = _retry_after(exchange)
            if wait is None or sent + wait > due + RETRY_SECONDS:
                break
            refused += 1
            try:
                gevent.sleep(wait * random.uniform(1, 1.5))  # noqa: S311  those refused together come back apart
            except gevent.GreenletExit:
                break  # the test is over, so this refusal was the last response
        with exchange as response:
            meta = response.request_meta
            meta["context"] = {"sending_ms": meta["response_time"], "late_ms": 1000 * late, "refused": refused}
            meta["response_time"] += 1000 * (sent - due)
            if response.status_code == 0:
                return  # there is no response, and Locust has recorded why
            if fault := _find_fault(response, check):
                response.failure(fault)

    def _rate(self) -> float:
        return self.requests_per_second * PacedUser.share

    def _connection(self) -> dict[str, str]:
        # kube-proxy chooses a pod per connection, not per request: without new connections no user reaches a new pod.
        now = time.perf_counter()
        if now < self._renew:
            return {}
        self._renew = now + random.uniform(0.5, 1.5) * RENEW_SECONDS  # noqa: S311
        return {"Connection": "close"}


@events.test_stop.add_listener
def finish_requests(**_: Any) -> None:
    UNANSWERED.join(FINISH_SECONDS)
    UNANSWERED.kill()


def _retry_after(response: Any) -> float | None:
    """Return the seconds after which a refused request may be sent again; None if it was not refused like that."""
    if response.status_code != UNAVAILABLE:
        return None
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isascii() and seconds.isdigit() else None


def _find_fault(response: Any, check: Check) -> str | None:
    if response.status_code != OK:
        return f"status {response.status_code}"
    try:
        fault = check(json.loads(response.text))
    except (*FAILURE_EXCEPTIONS, ValueError, KeyError, TypeError):
        return "wrong answer: the body has an unexpected form"
    return f"wrong answer: {fault}" if fault else None
