"""Share a load among the pods of a simulated node, and record in each second how many are asked for and ready.

    python -m loadtest.plan.simulated_node --hpa NAME --pods 1000 --rate 40000 --page URL --capacity FILE

`scripts/kwok/scale_up` runs it. The pods use what a measured pod uses at their share of the load. It ends when all are
ready.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from kubernetes import client

from loadtest.cluster import preflight
from loadtest.cluster.record import API_ERRORS, TIMEOUT, ClusterError, Recorder, decode
from loadtest.format import clock
from loadtest.plan import capacity
from loadtest.plan.queue import PodModel
from loadtest.plan.scale_up import HEADER
from loadtest.users.models import CannotRunError

NODE = NAMESPACE = "mlserving-simulated"  # in scripts/kwok/cluster.yaml
CPU = "mlserving/cpu-of-a-pod"
IDLE_SECONDS = 120  # until the autoscaler has seen the first pod
LOAD_SECONDS = 1800  # until all pods are ready
STEP = 1.0


@dataclass(frozen=True)
class SimulatedNode:
    """The node, whose pods share the load.

    Attributes:
        page: URL of the page where kwok shows the CPU of its pods.
    """

    recorder: Recorder
    page: str
    pod: PodModel

    def share(self, rate: float) -> tuple[int, int] | None:
        """Give each ready pod its share of `rate` requests/s, and return the pods asked for and ready.

        It returns None if the API did not answer in time.

        Raises:
            CannotRunError: kwok does not answer.
        """
        try:
            httpx.get(self.page, timeout=10).raise_for_status()  # kwok adds up the CPU only when somebody looks
            desired, ready = self.recorder.read_deployment()["spec"]["replicas"], self._ready()
            annotations = {CPU: f"{self.pod.cpu(rate / max(1, ready)):.3f}m"}
            body = {"metadata": {"annotations": annotations}}
            client.CoreV1Api(self.recorder.api).patch_node(NODE, body, _preload_content=False, _request_timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise CannotRunError(f"kwok does not answer: {error}") from error
        except API_ERRORS:
            return None
        return desired, ready

    def _ready(self) -> int:
        """Count the ready pods in the table that kubectl prints: the pods themselves are forty times as long."""
        request = self.recorder.api.param_serialize(
            "GET",
            f"/api/v1/namespaces/{NAMESPACE}/pods",
            query_params=[("includeObject", "None")],
            header_params={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"},
            auth_settings=["BearerToken"],
        )
        response = self.recorder.api.call_api(*request, _request_timeout=TIMEOUT)
        response.read()
        return sum(row["cells"][1] == "1/1" for row in decode(response)["rows"])


def record(node: SimulatedNode, pods: int, rate: float) -> Iterator[tuple[float, float, int, int]]:
    """Yield time, load, pods asked for and pods ready in each second, and print each decision.

    The load begins when the autoscaler has seen the CPU of the first pod, which rests until then.

    Raises:
        CannotRunError: The autoscaler does not see it, or does not get there.
    """
    begin, before, ready = None, 1, 0
    for t in seconds():
        if begin is None and ready and preflight.is_idle(node.recorder.observe(time.time())):
            begin = t
        load, since = (0.0, t) if begin is None else (rate, t - begin)
        if since > (IDLE_SECONDS if begin is None else LOAD_SECONDS):
            break
        seen = node.share(load)
        if seen is None:
            continue
        desired, ready = seen
        yield t, load, desired, ready
        if desired != before:
            print(f"{clock(since)}  {desired} pods asked for, {ready} ready", flush=True)
            before = desired
        if ready == pods:
            return
    if begin is None:
        raise CannotRunError(f"The autoscaler did not see the CPU of its pod within {IDLE_SECONDS} s.")
    raise CannotRunError(f"{pods} pods were not ready within {LOAD_SECONDS} s: the last number was {ready}.")


def seconds() -> Iterator[float]:
    """Yield the time since the beginning, once in each STEP."""
    began = time.monotonic()
    while True:
        t = time.monotonic() - began
        yield t
        time.sleep(max(0.0, STEP - (time.monotonic() - began - t)))


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest.plan.simulated_node", description=__doc__)
    parser.add_argument("--pods", type=int, required=True, help="most pods of the autoscaler")
    parser.add_argument("--rate", type=float, required=True, help="requests per second")
    parser.add_argument("--page", required=True, metavar="URL", help="where kwok shows the CPU of its pods")
    parser.add_argument("--hpa", required=True, metavar="NAME", help="the autoscaler")
    parser.add_argument("--context", help="kubectl context to use")
    parser.add_argument("--capacity", type=Path, required=True, help="what plan measure wrote")
    parser.add_argument("--output", type=Path, default=Path("reports/scale_up.csv"), help="the record")
    options = parser.parse_args(words)
    try:
        pod = capacity.read(options.capacity).pod
        recorder = Recorder.connect(NAMESPACE, options.context, options.hpa)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        with options.output.open("w", buffering=1, newline="", encoding="utf-8") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(HEADER)
            for t, *numbers in record(SimulatedNode(recorder, options.page, pod), options.pods, options.rate):
                rows.writerow((f"{t:.1f}", *numbers))
    except (CannotRunError, ClusterError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
