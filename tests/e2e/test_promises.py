"""What callers lose while pods come and go, by clients that keep a connection blindly, probe it, or open one each time.

The faults are those of `python -m loadtest --fault`.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadtest.cluster.record import Recorder
from loadtest.faults.agent import Agent, agent
from loadtest.faults.context import FaultContext
from loadtest.faults.fault import Fault
from loadtest.faults.kinds import KINDS
from loadtest.faults.target import Target
from tests.conftest import ROOT
from tests.e2e.callers import calling, failed, late, lost, sent
from tests.e2e.conftest import DEPLOYMENT, LABEL, Deployed, all_pods, deploy, hold, ready
from tests.e2e.test_life import MALIGNANT
from tests.object_store import object_store

pytestmark = pytest.mark.cluster

SWAPS_AND_BACK = 1  # docs/faults.md has a run with ten
RETRY_AFTER = 3.0  # seconds, in which even a busy machine removes the endpoint of a killed container
FIT = """
import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
names = {"mean concavity": "concavity_mean", "mean concave points": "concave_points_mean",
         "perimeter error": "perimeter_se", "area error": "area_se", "worst texture": "texture_worst",
         "worst area": "area_worst"}
rows, benign = load_breast_cancer(as_frame=True, return_X_y=True)
rows = rows[[*names]].rename(columns=names)
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(rows, 1 - benign), "model.joblib")
rows.to_csv("rows.csv", index=False)
"""


@pytest.fixture(scope="module")
def target(deployed: Deployed) -> Iterator[Target]:
    """The deployment of k8s/ with this tree's image, held at three pods; at the end as it was."""
    deploy(deployed)
    try:
        hold(deployed, 3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KUBECONFIG", deployed.cluster.kubeconfig)
            recorder = Recorder.connect(deployed.cluster.namespace, deployed.cluster.context)
        yield Target(recorder, deployed.cluster.context)
    finally:
        hold(deployed, 1)  # otherwise the next load waits for more than a minute until the autoscaler has removed two
        deployed.run("apply", "-f", str(ROOT / "k8s"))


def settle(deployed: Deployed, gone: list[str]) -> None:
    """Wait until three pods are ready, and those that were to go are gone."""
    deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "120s")
    deployed.run("wait", "--for=delete", *gone, "--timeout", "90s")


@contextmanager
def fault(target: Target, kind: str, helper: Agent | None = None, value: str = "") -> Iterator[str]:
    with KINDS[kind].inject(FaultContext(target, Fault(kind, 0, 30, value), helper)) as what:
        yield what


def test_replacing_ten_pods_loses_no_request(deployed: Deployed, target: Target) -> None:
    with calling(deployed.cluster.host, MALIGNANT) as answers:
        for _ in range(3):
            before = all_pods(deployed)
            with fault(target, "rolling-update"):
                settle(deployed, before)
        with fault(target, "delete-pod") as pod:
            settle(deployed, [f"pod/{pod}"])
        while sent(answers) < 20_000:
            time.sleep(1)
    assert (lost(answers), failed(answers)) == ({}, {})


def test_eviction_loses_no_request(deployed: Deployed, target: Target) -> None:
    with calling(deployed.cluster.host, MALIGNANT) as answers:
        for _ in range(2):
            with fault(target, "evict-pod") as pod:
                settle(deployed, [f"pod/{pod}"])
        with fault(target, "drain-node"):
            time.sleep(5)
            assert ready(deployed) == 1, "the PodDisruptionBudget keeps one, and the others have nowhere to go"
        hold(deployed, 3)
    assert (lost(answers), failed(answers)) == ({}, {})
    assert sent(answers) > 2_000


def test_scaling_from_one_pod_to_five_and_back_loses_no_request(deployed: Deployed, target: Target) -> None:
    with calling(deployed.cluster.host, MALIGNANT) as answers:
        for pods in (1, 5, 1):
            hold(deployed, pods, at_once=False)
    assert (lost(answers), failed(answers)) == ({}, {})
    assert sent(answers) > 2_000
    hold(deployed, 3)


def test_killed_container_loses_only_what_one_retry_repairs(deployed: Deployed, target: Target) -> None:
    """What was on its way is lost, and connections are refused until the endpoint is removed."""
    with agent(target, 120) as helper:
        with calling(deployed.cluster.host, MALIGNANT) as answers:
            time.sleep(1)
            killed = time.time()
            with fault(target, "kill-container", helper):
                time.sleep(5)
        with calling(deployed.cluster.host, MALIGNANT, retry_after=RETRY_AFTER) as retried:
            time.sleep(1)
            with fault(target, "kill-container", helper):
                time.sleep(RETRY_AFTER + 2)
    hold(deployed, 3)
    losses = [(round(at - killed, 2), kind, why) for kind, found in lost(answers).items() for at, why in found]
    print(f"Lost without a retry: {len(losses)} of {sent(answers)}: {sorted(losses)}")
    assert all(after < RETRY_AFTER for after, *_ in losses), losses
    assert (lost(retried), failed(answers), failed(retried)) == ({}, {}, {})


def test_lost_packets_delay_answers_and_lose_none(deployed: Deployed, target: Target) -> None:
    """A packet that is lost is sent again, after 200 ms at the earliest."""
    with agent(target, 60) as helper:
        with calling(deployed.cluster.host, MALIGNANT) as healthy:
            time.sleep(10)
        with fault(target, "lose-packets", helper), calling(deployed.cluster.host, MALIGNANT) as lossy:
            time.sleep(10)
    assert late(lossy) > late(healthy) + 5
    assert "mlserving-faults" not in deployed.run("get", "pods", "--namespace", "kube-system")
    assert (lost(lossy), failed(lossy)) == ({}, {})


@pytest.mark.parametrize("component", ["apiserver", "kubelet", "proxy"])
def test_answers_and_pods_stay_while_the_control_plane_is_gone(
    deployed: Deployed, target: Target, component: str
) -> None:
    before = all_pods(deployed)
    with agent(target, 180) as helper, calling(deployed.cluster.host, MALIGNANT) as answers:
        with fault(target, f"kill-{component}", helper) as what:
            time.sleep(5)
            process = re.search(r"process (\d+)", what)
            assert process
            on_this_machine = deployed.cluster.context == "mlserving-node"
            assert not on_this_machine or not Path(f"/proc/{process[1]}/exe").exists(), "it was not killed"
        time.sleep(2)
    assert (lost(answers), failed(answers)) == ({}, {})
    assert sent(answers) > 500
    assert all_pods(deployed) == before


def test_a_model_that_is_not_there_never_takes_the_place_of_the_one_that_serves(
    deployed: Deployed, target: Target
) -> None:
    before, digest = all_pods(deployed), "0" * 64
    message = "jsonpath={.items[*].status.containerStatuses[0].lastState.terminated.message}"
    deadline = time.monotonic() + 60
    with calling(deployed.cluster.host, MALIGNANT) as answers:
        deployed.run("set", "env", DEPLOYMENT, "MODEL_NAME=mine", "MODEL_PATH=/model", f"MODEL_DIGEST={digest}")
        try:
            while digest not in deployed.run("get", "pods", "--selector", LABEL, "--output", message):
                assert time.monotonic() < deadline, "no new pod said why it did not start"
                time.sleep(1)
            assert ready(deployed) == 3
        finally:
            new = [pod for pod in all_pods(deployed) if pod not in before]
            deployed.run("rollout", "undo", DEPLOYMENT)
        settle(deployed, new)
    assert (lost(answers), failed(answers)) == ({}, {})
    assert all_pods(deployed) == before


def test_swapping_models_loses_no_request_and_mixes_no_versions(
    deployed: Deployed, target: Target, tmp_path: Path
) -> None:
    if deployed.cluster.context != "mlserving-node":
        pytest.skip("The store runs on this machine, which the pods of another cluster may not reach.")
    address = json.loads(deployed.run("get", "nodes", "--output", "json"))["items"][0]["status"]["addresses"][0]
    with object_store(tmp_path / "store", host=address["address"]) as store:
        other = push_another_version(tmp_path, store.environment)
        literals = [f"--from-literal={name}={value}" for name, value in store.environment.items()]
        deployed.run("create", "secret", "generic", "mlserving-store", *literals)
        try:
            with calling(deployed.cluster.host, MALIGNANT) as answers:
                for _ in range(SWAPS_AND_BACK):
                    shipped = all_pods(deployed)
                    with fault(target, "swap-model", value=other):
                        settle(deployed, shipped)
                        swapped = all_pods(deployed)
                    settle(deployed, swapped)
        finally:
            deployed.run("delete", "secret", "mlserving-store")
    assert (lost(answers), failed(answers)) == ({}, {})
    bodies = {body for found in answers.values() for body in found.bodies}
    assert len(bodies) == 2, "each answer is wholly one version's"
    assert sent(answers) > 2_000


def push_another_version(folder: Path, environment: Mapping[str, str]) -> str:
    """Bundle another model of the same rows, push it, and return its address."""
    python = str(Path(sys.executable))
    bundle = ["bundle", "model.joblib", "--name", "breast_model", "--data", "rows.csv", "--output", "bundle"]
    push = ["push", "bundle", "s3://models/breast_model"]
    path = {"PYTHONPATH": str(ROOT)}
    for words in (["-c", FIT], ["-m", "model", *bundle], ["-m", "model", *push]):
        done = subprocess.run(
            [python, *words], cwd=folder, env={**os.environ, **environment, **path}, stdout=subprocess.PIPE, check=True
        )
    address = re.search(r"^MODEL_PATH=(.+)$", done.stdout.decode(), re.MULTILINE)
    assert address
    return address[1]
