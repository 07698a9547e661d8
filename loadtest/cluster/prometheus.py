"""Ask the Prometheus of k8s/monitoring, if there is one, how many requests the pods counted during a load.

The pods count on their own, so that requests that Locust did not see, or did not send, show as a difference.
"""

import time
from http import HTTPStatus
from typing import Any

from loadtest.cluster.record import API_ERRORS, TIMEOUT, Recorder, decode

SERVICE = "mlserving-prometheus:9090"
SCRAPED_AFTER = 7  # seconds: Prometheus scrapes each pod every 5
PREDICTIONS = 'route=~"/predict.*|.*(:predict|/infer)"'


def counted(recorder: Recorder, since: float) -> dict[str, int] | None:
    """Return how many predictions the pods have answered, and how many with a 5xx; None without Prometheus.

    Args:
        recorder: Reaches the cluster.
        since: When the load began, in seconds since the epoch. It has ended now. What others asked in the few seconds
            between that and the scrape before is counted too.
    """
    if _ask(recorder, "vector(1)") is None:
        return None
    time.sleep(SCRAPED_AFTER)
    seconds = round(time.time() - since)
    found = {}
    for name, more in (("requests", ""), ("errors", ', status=~"5.."')):
        series = f'mlserving_requests_total{{pod=~"{recorder.deployment}-.*", {PREDICTIONS}{more}}}'
        # Not increase(), which takes for granted that the rate of the first and the last seconds went on outside them.
        value = _ask(
            recorder, f"sum(last_over_time({series}[{seconds}s])) - (sum({series} @ {since:.3f}) or vector(0))"
        )
        if value is None:
            return None
        found[name] = round(value)
    return found


def _ask(recorder: Recorder, query: str) -> float | None:
    path = f"/api/v1/namespaces/{recorder.namespace}/services/{SERVICE}/proxy/api/v1/query"
    request = recorder.api.param_serialize("GET", path, query_params=[("query", query)], auth_settings=["BearerToken"])
    try:
        response = recorder.api.call_api(*request, _request_timeout=TIMEOUT)
        response.read()
        result: list[Any] = decode(response)["data"]["result"] if response.status == HTTPStatus.OK else []
    except API_ERRORS:
        return None
    return float(result[0]["value"][1]) if result else None
