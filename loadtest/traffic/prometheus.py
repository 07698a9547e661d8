"""Ask a Prometheus for the rate of requests over a range of time."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from loadtest.users.models import CannotRunError

TIMEOUT = 60  # seconds; a long range takes Prometheus a while


@dataclass(frozen=True)
class Range:
    """The rates at each step, and how many steps had no value and count as 0."""

    rates: list[float]
    missing: int


def query(url: str, expression: str, begin: float, end: float, step: float) -> Range:
    """Return the values of one series, such as `sum(rate(mlserving_requests_total[1m]))`.

    Args:
        url: Of Prometheus, such as http://127.0.0.1:9090.
        expression: PromQL that gives one series, in requests per second.
        begin: Seconds since the epoch; `end` likewise.
        end: The last step is at or before it.
        step: Seconds.

    Raises:
        CannotRunError: Prometheus does not answer, refuses the query, or has no series or several.
    """
    words = {"query": expression, "start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
    answer = _get(f"{url.rstrip('/')}/api/v1/query_range?{urllib.parse.urlencode(words)}")
    try:
        series = [one["values"] for one in answer["data"]["result"]]
    except (KeyError, TypeError) as error:
        raise CannotRunError(f"{url} does not answer as Prometheus does.") from error
    if len(series) != 1:
        advice = "Is the range right?" if not series else "Add them up with sum(…)."
        raise CannotRunError(f"The query gives {len(series)} series, and must give one. {advice}")
    found = {round((t - begin) / step): float(value) for t, value in series[0]}
    places = range(int((end - begin) / step + 1e-6) + 1)
    known = {place: rate for place, rate in found.items() if 0 <= rate < float("inf")}
    return Range([known.get(place, 0.0) for place in places], sum(place not in known for place in places))


def _get(url: str) -> dict[str, Any]:
    if not url.startswith(("http://", "https://")):
        raise CannotRunError("The address of Prometheus must be a URL such as http://127.0.0.1:9090.")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as response:  # noqa: S310  it is one of HTTP
            found: dict[str, Any] = json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            raise CannotRunError(f"Prometheus refused the query: {_reason(error.read(), error.code)}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise CannotRunError(f"Prometheus does not answer at {url.partition('/api/')[0]}: {error}") from error
    return found


def _reason(body: bytes, status: int) -> str:
    """Return Prometheus' own sentence, or the status if it sent none."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return f"status {status}"
