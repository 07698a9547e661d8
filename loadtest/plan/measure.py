"""Measure what one pod can do, and write `capacity.json`.

    python -m loadtest plan measure --host http://127.0.0.1:30001

The autoscaler is held at one pod meanwhile. The load is a staircase of open-loop requests that ends past saturation.
"""

import argparse
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from loadtest.canary.questions import Question, questions
from loadtest.cluster import parse, preflight
from loadtest.cluster.record import HPA, Recorder
from loadtest.format import number
from loadtest.objectives import P99
from loadtest.plan import capacity, one_pod, staircase
from loadtest.plan.capacity import Capacity
from loadtest.users.load_second import busy_since, cpu_ticks
from loadtest.users.models import TABULAR, CannotRunError, check_host

REST_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", required=True, help="URL of the Service")
    parser.add_argument("--model", default=TABULAR, help="the model to ask")
    parser.add_argument("--hpa", default=HPA, metavar="NAME", help="autoscaler whose pods are measured")
    parser.add_argument("--namespace", default="default", help="namespace of the autoscaler")
    parser.add_argument("--context", help="kubectl context to use; the default is the current one of KUBECONFIG")
    parser.add_argument("--p99", type=float, default=P99.limit, metavar="MS", help="objective of the rate to report")
    parser.add_argument("--capacity", type=Path, default=Path("reports/capacity.json"), help="the file to write")


def run(options: argparse.Namespace) -> None:
    """Measure, print the steps and write the file.

    Raises:
        CannotRunError: The server or the cluster does not allow it.
        ClusterError: The autoscaler cannot be read.
    """
    host = options.host.rstrip("/")
    check_host(host, [options.model])
    question = questions(host, options.model)[0]
    recorder = Recorder.connect(options.namespace, options.context, options.hpa)
    with one_pod.fixed_replicas(recorder):
        measured = measure(host, question, options.model, options.p99, recorder)
    options.capacity.parent.mkdir(parents=True, exist_ok=True)
    capacity.write(measured, options.capacity)
    print(
        f"\nOne pod of {number(measured.limit)}m answers {number(measured.rate_within_objective)} requests/s within "
        f"{number(measured.objective_ms)} ms, and {number(measured.highest_rate)} at most. A request costs "
        f"{number(measured.cost_ms)} ms of CPU.\n{options.capacity}"
    )


def measure(host: str, question: Question, model: str, objective_ms: float, recorder: Recorder) -> Capacity:
    # After the staircase the pod may not be ready for some seconds.
    digest = httpx.get(f"{host}/info/{model}", timeout=5).json()["digest"]
    one_pod.hold(recorder, 1)
    start = one_pod.hold(recorder, 2)
    stop = one_pod.hold(recorder, 1)
    (pod,) = recorder.pods()
    name = pod["metadata"]["name"]
    limit, request = limits(pod)

    def usage() -> staircase.Usage:
        return one_pod.read_usage(recorder, name)

    ticks, before = cpu_ticks(), usage()
    time.sleep(REST_SECONDS)
    after, (busy, _) = usage(), busy_since(ticks)
    rest = 1000 * (after.cpu - before.cpu) / (after.at - before.at)
    found = staircase.climb(host, http(host, question), usage)
    cost = staircase.cost_ms(found.steps, rest)
    facts = preflight.describe_cluster(recorder)
    return Capacity(
        model=model,
        digest=digest,
        image=facts["images"][0]["id"],
        limit=limit,
        request=request,
        rest=round(rest, 2),
        cost_ms=round(cost, 4),
        cost_cv2=round(staircase.cost_cv2(found.idle_ms, cost), 3),
        idle_ms=found.idle_ms,
        objective_ms=objective_ms,
        rate_within_objective=staircase.rate_within(found.steps, objective_ms),
        queue_begins=staircase.queue_begins(found.steps),
        highest_rate=max(step.answered for step in found.steps),
        start_s=round(start, 1),
        stop_s=round(stop, 1),
        memory_mib=round(found.memory_mib, 1),
        machine={**facts["nodes"][0], "busy_at_rest": busy} if facts["nodes"] else {"busy_at_rest": busy},
        steps=found.steps,
    )


def limits(pod: dict[str, Any]) -> tuple[int, int]:
    """Return CPU limit and request of a pod in millicores.

    Raises:
        CannotRunError: It has no limit or no request.
    """
    totals = []
    for kind in ("limits", "requests"):
        resources = [container.get("resources", {}) for container in pod["spec"]["containers"]]
        quantities = [each.get(kind, {}).get("cpu") for each in resources]
        if None in quantities:
            raise CannotRunError(f"The pod has no CPU {kind}, so its capacity would be that of whatever else runs.")
        totals.append(round(sum(map(parse.millicores, quantities))))
    return totals[0], totals[1]


def http(host: str, question: Question) -> bytes:
    """Return the whole request as it is sent."""
    head = (
        f"POST {question.path} HTTP/1.1\r\nHost: {urlsplit(host).netloc}\r\nContent-Type: {question.content_type}\r\n"
    )
    return f"{head}Content-Length: {len(question.body)}\r\n\r\n".encode() + question.body
