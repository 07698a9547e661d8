"""A user who asks at a steady pace, over a connection renewed now and then, and has every answer checked."""

import json
import random
import time
from typing import Any

import gevent
from locust import FastHttpUser
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS

from loadtest.users.checks import Check

RENEW_SECONDS = 10
OK = 200


class Asker(FastHttpUser):
    """What the users of every model have in common: a subclass says whom it asks, how often, and what."""

    abstract = True
    model: str
    requests_per_second: float
    # Together less than the --stop-timeout: a user who is killed while asking leaves no trace of the question.
    network_timeout = 4.0
    connection_timeout = 4.0

    def on_start(self) -> None:
        gevent.sleep(random.uniform(0, 1 / self.requests_per_second))  # noqa: S311  users who come together do not ask at once
        self._due = time.perf_counter()
        self._renew = self._due + random.uniform(0, RENEW_SECONDS)  # noqa: S311  nor do they all renew at once

    def wait_time(self) -> float:
        """Seconds to the next request: evenly paced, jittered so that users fall out of step.

        A late answer delays the next request but is not made up for: a stalled server is not met with a burst.
        """
        now = time.perf_counter()
        self._due = max(now, self._due + random.uniform(0.5, 1.5) / self.requests_per_second)  # noqa: S311
        return self._due - now

    def ask(self, path: str, check: Check, **content: Any) -> None:
        """POST `content`, Locust's `json` or `data` with `headers`, and have the answer checked."""
        post = {"catch_response": True, "allow_redirects": False, **content}
        post["headers"] = content.get("headers", {}) | self._connection()
        with self.client.post(path, **post) as response:
            if response.status_code == 0:
                return  # Locust has the reason why there is no answer
            if fault := _fault(response, check):
                response.failure(fault)

    def _connection(self) -> dict[str, str]:
        # kube-proxy chooses a pod for a connection, not for a request: who never reconnects never meets a new pod.
        now = time.perf_counter()
        if now < self._renew:
            return {}
        self._renew = now + random.uniform(0.5, 1.5) * RENEW_SECONDS  # noqa: S311
        return {"Connection": "close"}


def _fault(response: Any, check: Check) -> str | None:
    if response.status_code != OK:
        return f"status {response.status_code}"
    try:
        fault = check(json.loads(response.text))
    except (*FAILURE_EXCEPTIONS, ValueError, KeyError, TypeError):
        return "wrong answer: the body is not what was asked for"
    return f"wrong answer: {fault}" if fault else None
