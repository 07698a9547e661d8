"""What must be before a load begins: a server that answers and knows the models, and an autoscaler at rest."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from loadtest.cluster.record import Recorder
from loadtest.users.models import PICTURES

SETTLE_SECONDS = 180


class CannotRunError(Exception):
    """The experiment cannot begin, or its load could not be made: the sentence says why."""


def knock(host: str, models: Iterable[str]) -> None:
    """Whatever the host answers is an answer; silence, or not to know a model, leaves nothing to measure."""
    if not host.startswith(("http://", "https://")):
        raise CannotRunError(f"--host wants a URL such as http://127.0.0.1:8000, not {host!r}.")
    status_of(f"{host}/health")
    for model in models:
        if model in PICTURES and status_of(f"{host}/v2/models/{model}") == HTTPStatus.NOT_FOUND:
            raise CannotRunError(f"{host} serves no model {model}.")


def status_of(url: str) -> int:
    try:
        # Locust heeds no proxy of the environment either.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError as error:
        raise CannotRunError(f"Nothing answers at {url}: {error}. Is the server up?") from error


def settle(recorder: Recorder) -> None:
    """Wait until the autoscaler is at rest at its minimum, so that a scale-up is this load's doing."""
    end, said = time.time() + SETTLE_SECONDS, False
    while time.time() < end:
        state = recorder.observe(time.time())
        if at_rest(state):
            return
        if not said:
            print("Waiting for the autoscaler to come to rest at its minimum before the load begins …", flush=True)
            said = True
        time.sleep(2)
    print("It did not come to rest; the load begins all the same, and the report shows what it began from.")


def at_rest(state: dict[str, Any]) -> bool:
    if "missing" in state:
        return False
    hpa, ready = state["hpa"], state["ready"]
    calm = hpa["cpu"] is not None and (hpa["target"] is None or hpa["cpu"] <= hpa["target"])
    return calm and hpa["desired"] == hpa["min"] == ready == len(state["pods"])
