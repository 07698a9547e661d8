"""A canary of k8s/canary on a real cluster: a quarter of the traffic, promoted, and another one rolled back."""

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from loadtest.canary.command import command_for
from loadtest.canary.judge import Decision
from loadtest.canary.versions import Deployments
from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed, deploy
from tests.e2e.test_life import MALIGNANT

pytestmark = pytest.mark.cluster

NAMES = Deployments("ml-serving-deployment", "ml-serving-canary")
CANARY = f"deployment/{NAMES.canary}"
CLIENTS = 8


@dataclass
class Load:
    """What clients observe that keep their connections, as most do, while pods come and go."""

    answered: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def send(self, host: str) -> None:
        while not self.stop.is_set():
            with httpx.Client(base_url=host, timeout=10) as http:
                for _ in range(20):
                    try:
                        answer = http.post("/predict", json=MALIGNANT)
                        answer.raise_for_status()
                    except httpx.HTTPError as error:
                        self.lost.append(repr(error))
                    else:
                        self.answered[answer.headers["x-served-by"].rsplit("-", 2)[0]] += 1

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + 300
        while self.answered.total() < count:
            assert time.monotonic() < deadline, f"{self.answered.total()} requests were answered: {self.lost[:3]}"
            time.sleep(1)


@contextmanager
def load(host: str) -> Iterator[Load]:
    observed = Load()
    clients = [threading.Thread(target=observed.send, args=(host,)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield observed
    finally:
        observed.stop.set()
        for client in clients:
            client.join()


@pytest.fixture(scope="module")
def stable(deployed: Deployed) -> Iterator[Deployed]:
    """The deployment of k8s/ with this tree's image; at the end as it was, without a canary."""
    deploy(deployed)
    yield deployed
    deployed.run("delete", "-f", str(ROOT / "k8s" / "canary"), "--ignore-not-found")
    deployed.run("apply", "-f", str(ROOT / "k8s"))
    deployed.run("rollout", "restart", DEPLOYMENT)
    deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")


def apply_canary(deployed: Deployed, **variables: str) -> None:
    """Apply k8s/canary with these variables, as docs/canary.md says."""
    folder = ROOT / "k8s" / "canary"
    deployed.run("apply", "-f", str(folder / "configmap.yaml"))
    deployed.run("patch", "configmap", "mlserving-canary", "--patch", json.dumps({"data": variables}))
    deployed.run("apply", "-f", str(folder))


def start_canary(deployed: Deployed, **variables: str) -> None:
    """Start a canary with these variables next to three stable pods."""
    apply_canary(deployed, **variables)
    deployed.run("rollout", "status", CANARY, "--timeout", "120s")
    deployed.run("wait", "--for=jsonpath={.status.readyReplicas}=3", DEPLOYMENT, "--timeout", "120s")


def carry_out(deployed: Deployed, decision: Decision) -> None:
    """Run the command that the judge prints."""
    cluster = deployed.cluster
    kubectl = f'kubectl() {{ {cluster.kubectl} --context {cluster.context} --namespace {cluster.namespace} "$@"; }}'
    command = f"set -e; {kubectl}; {command_for(decision, NAMES, 'breast_model')}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=cluster.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    deployed.run("wait", "--for=delete", "pods", "--selector", "track=canary", "--timeout", "90s")


def models(deployed: Deployed) -> list[str]:
    found: list[str] = httpx.get(f"{deployed.cluster.host}/info").json()["models"]
    return found


def test_a_canary_with_another_digest_gets_no_traffic_and_its_pod_says_why(stable: Deployed) -> None:
    apply_canary(stable, MODEL_NAME="mine", MODEL_PATH="/model", MODEL_DIGEST="0" * 64)
    path = "jsonpath={.items[*].status.containerStatuses[0].lastState.terminated.message}"
    try:
        with load(stable.cluster.host) as observed:
            for _ in range(60):
                message = stable.run("get", "pods", "--selector", "track=canary", "--output", path)
                if "MODEL_DIGEST" in message:
                    break
                observed.stop.wait(1)
    finally:
        stable.run("delete", "-f", str(ROOT / "k8s" / "canary"))
    assert f"but MODEL_DIGEST has {'0' * 64}" in message
    assert observed.lost == []
    assert observed.answered.keys() == {NAMES.stable}


def test_canaries_are_promoted_and_rolled_back_without_a_lost_request(stable: Deployed) -> None:
    all_models = models(stable)
    with load(stable.cluster.host) as observed:
        start_canary(stable, MODEL_NAME="breast_model", MODEL_PATH="/model")
        observed.answered.clear()
        observed.wait_for(15_000)
        shares = observed.answered.copy()
        carry_out(stable, Decision.PROMOTE)
        assert models(stable) == ["breast_model"]
        start_canary(stable, MODEL_NAME="mine", MODEL_PATH="/model")
        carry_out(stable, Decision.ROLL_BACK)
        assert models(stable) == ["breast_model"]
        observed.wait_for(20_000)
    assert observed.lost == []
    assert shares[NAMES.canary] / shares.total() == pytest.approx(0.25, abs=0.05)
    assert all_models != ["breast_model"]
