"""Sends questions at a steady pace, each over a connection of its own, and notes which Deployment answered."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Any

import httpx

from loadtest.canary.questions import Question

RATE = 40  # requests a second
WORKERS = 20  # so that a response may take half a second without delaying the next request
TIMEOUT = 10  # seconds

# A pod is called as its Deployment, followed by the hash of the template and five letters of its own.
_POD = re.compile(r"(?P<deployment>.+)-[a-z0-9]+-[a-z0-9]{5}")


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        question: The place of its question in the list.
        t: When it was sent, in seconds from the start.
        deployment: Of the pod that answered; empty if none did, so that the request was lost.
        seconds: How long the answer took.
        text: What was predicted; None if the request failed.
    """

    question: int
    t: float
    deployment: str
    seconds: float
    text: str | None


def send(host: str, questions: Sequence[Question], seconds: float) -> list[Answer]:
    """Ask for that time, in random order."""
    random = Random(0)  # noqa: S311 (nothing secret)
    places = [random.randrange(len(questions)) for _ in range(int(seconds * RATE))]
    # kube-proxy chooses a pod for each connection, so one that is kept would reach one version only.
    limits = httpx.Limits(max_connections=WORKERS, max_keepalive_connections=0)
    with (
        httpx.Client(base_url=host, timeout=TIMEOUT, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(WORKERS) as threads,
    ):
        begin = time.monotonic()

        def ask(number: int, place: int) -> Answer:
            time.sleep(max(0.0, begin + number / RATE - time.monotonic()))
            sent = time.monotonic()
            deployment, text = _ask(client, questions[place])
            return Answer(place, sent - begin, deployment, time.monotonic() - sent, text)

        return list(threads.map(ask, range(len(places)), places))


def _ask(client: httpx.Client, question: Question) -> tuple[str, str | None]:
    headers = {"Content-Type": question.content_type, "Connection": "close"}
    try:
        response = client.post(question.path, content=question.body, headers=headers)
    except httpx.HTTPError:
        return "", None
    pod = _POD.fullmatch(response.headers.get("X-Served-By", ""))
    deployment = pod["deployment"] if pod else "a server without a name"
    return deployment, predicted(response.json()) if response.status_code == HTTPStatus.OK else None


def predicted(answer: Any) -> str:
    """Return the label or the number that was predicted, without probabilities, which differ after each training."""
    if not isinstance(answer, dict):
        return str(answer)
    return str(answer.get("label", answer.get("prediction", answer)))
