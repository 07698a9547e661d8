"""A pod of the deployed service is measured as docs/planner.md says, in shorter steps and pauses."""

import shlex
from pathlib import Path

import pytest

from loadtest.plan import capacity, command, measure, staircase
from tests.conftest import ROOT
from tests.docs.test_planner import COMMANDS
from tests.e2e.conftest import DEPLOYMENT, Deployed

pytestmark = pytest.mark.cluster
MEASURE = next(line for line in COMMANDS if " plan measure" in line)


def test_measure_finds_the_capacity_of_a_pod_and_leaves_the_autoscaler_as_it_was(
    deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.run("apply", "--filename", str(ROOT / "k8s"))
    deployed.run("set", "resources", DEPLOYMENT, "--limits", "cpu=200m")  # so that a short staircase saturates it
    deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "180s")
    monkeypatch.setattr(staircase, "STEP_SECONDS", 3.0)
    monkeypatch.setattr(staircase, "SETTLE_SECONDS", 1.0)
    monkeypatch.setattr(staircase, "RECOVERY_SECONDS", 10.0)
    monkeypatch.setattr(measure, "REST_SECONDS", 3.0)
    monkeypatch.setattr(staircase, "LATE_MS", 1000.0)  # the cluster shares its cores with the load
    monkeypatch.setenv("KUBECONFIG", deployed.cluster.kubeconfig)
    words = shlex.split(MEASURE.replace("http://$(minikube ip):30001", deployed.cluster.host))
    words = [*words[words.index("plan") + 1 :], "--context", deployed.cluster.context]
    words += ["--namespace", deployed.cluster.namespace, "--capacity", str(tmp_path / "capacity.json")]
    try:
        assert command.run(words) == 0
        bounds = deployed.run(
            "get", "hpa", "ml-serving-hpa", "--output", "jsonpath={.spec.minReplicas}-{.spec.maxReplicas}"
        )
    finally:
        deployed.run("apply", "--filename", str(ROOT / "k8s"))
        deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "180s")
    found = capacity.read(tmp_path / "capacity.json")
    assert bounds == "1-3"
    assert found.limit == 200
    assert 0 < found.cost_ms < 5
    assert found.highest_rate > 50
