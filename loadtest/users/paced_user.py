"""A user who sends requests at a steady pace, opens a new connection now and then, and checks every response."""

import json
import random
import time
from typing import Any

import gevent
from locust import FastHttpUser
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS

from loadtest.users.checks import AnswerChecker, Check
from loadtest.users.models import ModelInfo

RENEW_SECONDS = 10
OK = 200


class PacedUser(FastHttpUser):
    """The base of all users: a subclass names its model and its pace, and has the tasks."""

    abstract = True
    model: str
    requests_per_second: float
    described_host = ""  # the host that `info` is about
    info: ModelInfo
    checker: AnswerChecker  # one for all users of a model
    # Together less than the --stop-timeout: a user killed during a request leaves no trace of it.
    network_timeout = 4.0
    connection_timeout = 4.0

    @classmethod
    def prepare(cls, host: str, info: ModelInfo) -> None:
        """Take what the server at `host` says about the model, before the first user starts."""
        cls.described_host, cls.info = host, info
        cls.checker = AnswerChecker(info.labels)

    def on_start(self) -> None:
        # Users who start together neither send their first requests nor renew their connections together.
        gevent.sleep(random.uniform(0, 1 / self.requests_per_second))  # noqa: S311
        self._due = time.perf_counter()
        self._renew = self._due + random.uniform(0, RENEW_SECONDS)  # noqa: S311

    def wait_time(self) -> float:
        """Return the seconds until the next request: evenly paced, with jitter so that users fall out of step.

        A late response delays the next request but is not made up for, so a stalled server gets no burst.
        """
        now = time.perf_counter()
        self._due = max(now, self._due + random.uniform(0.5, 1.5) / self.requests_per_second)  # noqa: S311
        return self._due - now

    def post(self, path: str, check: Check, **content: Any) -> None:
        """POST `content` (Locust's `json`, or `data` with `headers`) and check the response."""
        options = {"catch_response": True, "allow_redirects": False, **content}
        options["headers"] = content.get("headers", {}) | self._connection()
        with self.client.post(path, **options) as response:
            if response.status_code == 0:
                return  # there is no response, and Locust has recorded why
            if fault := _find_fault(response, check):
                response.failure(fault)

    def _connection(self) -> dict[str, str]:
        # kube-proxy chooses a pod per connection, not per request: without new connections no user reaches a new pod.
        now = time.perf_counter()
        if now < self._renew:
            return {}
        self._renew = now + random.uniform(0.5, 1.5) * RENEW_SECONDS  # noqa: S311
        return {"Connection": "close"}


def _find_fault(response: Any, check: Check) -> str | None:
    if response.status_code != OK:
        return f"status {response.status_code}"
    try:
        fault = check(json.loads(response.text))
    except (*FAILURE_EXCEPTIONS, ValueError, KeyError, TypeError):
        return "wrong answer: the body has an unexpected form"
    return f"wrong answer: {fault}" if fault else None
