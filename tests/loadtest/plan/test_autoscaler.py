"""The autoscaler gives what Kubernetes' own code gives, and does what its documentation says."""

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadtest.plan.autoscaler import Autoscaler, Policy, Rules, Settings, from_spec
from loadtest.plan.replica_count import PodGroup, Tolerance, replica_count
from tests.conftest import ROOT

CASES = 10_000
BUILD = ROOT / "tests" / "loadtest" / "plan" / "kubernetes" / "build.sh"
K8S = ROOT / "k8s"


def pods(usage: int, count: int = 1) -> PodGroup:
    """Pods with a request of 100 millicores that have long been ready."""
    return PodGroup(100, usage, 1000.0, 15.0, 0.0, 5.0, count=count)


def random_rules(chance: random.Random) -> dict[str, Any]:
    policies = [
        {"type": chance.choice(["Pods", "Percent"]), "value": chance.choice([1, 2, 4, 10, 50, 100, 300])}
        | {"periodSeconds": chance.choice([1, 15, 30, 60, 120, 300])}
        for _ in range(chance.randint(1, 3))
    ]
    window = chance.choice([0, 0, 15, 60, 120, 300])
    select = chance.choice(["Max", "Max", "Min", "Disabled"])
    rules: dict[str, Any] = {"stabilizationWindowSeconds": window, "selectPolicy": select, "policies": policies}
    if chance.random() < 0.3:
        rules["tolerance"] = chance.choice(["0", "0.05", "0.2"])
    return rules


def random_pod(chance: random.Random, level: float) -> dict[str, Any]:
    request = chance.choice([50, 100, 200, 200, 200, 333])
    started = chance.choice([5.0, 20.0, 45.0, 299.0, 300.0, 301.0, 4000.0, 4000.0, 4000.0])
    return {
        "request": request,
        "usage": int(request * level * chance.uniform(0.5, 1.5)),
        "sampled": chance.choice([0.0, 3.0, 10.0, 15.0]),
        "window": chance.choice([10.0, 15.0]),
        "started": started,
        "changed": max(0.0, started - chance.choice([0.0, 5.0, 29.0, 30.0, 31.0])),
        "measured": chance.random() < 0.9,
        "ready": chance.random() < 0.9,
        "pending": chance.random() < 0.05,
        "leaving": chance.random() < 0.05,
    }


def random_case(chance: random.Random) -> dict[str, Any]:
    minimum = chance.randint(1, 5)
    target = {"type": "Utilization", "averageUtilization": chance.choice([20, 50, 66, 80, 100, 150])}
    spec = {
        "minReplicas": minimum,
        "maxReplicas": minimum + chance.choice([0, 2, 10, 100]),
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        "behavior": {"scaleUp": random_rules(chance), "scaleDown": random_rules(chance)},
    }
    syncs = []
    for number in range(chance.randint(2, 8)):
        current = chance.randint(1, 30) if not number or chance.random() < 0.1 else 0
        level = chance.choice([0.05, 0.3, 0.6, 1.0, 2.0])
        amount = chance.choice([0, 1, 2, 3, 5, 12])
        wait = chance.choice([1.0, 14.0, 15.0, 15.0, 15.0, 60.0, 200.0])
        syncs.append({"wait": wait, "current": current, "pods": [random_pod(chance, level) for _ in range(amount)]})
    return {"spec": spec, "syncs": syncs}


def answers(case: dict[str, Any]) -> list[int]:
    autoscaler, now, current, given = Autoscaler(from_spec(case["spec"])), 0.0, 0, []
    for sync in case["syncs"]:
        now += sync["wait"]
        current = autoscaler.sync(now, sync["current"] or current, [seen(pod, now) for pod in sync["pods"]])
        given.append(current)
    return given


def seen(pod: dict[str, Any], now: float) -> PodGroup:
    times = {name: now - pod[name] for name in ("sampled", "started", "changed")}
    flags = {name: pod[name] for name in ("ready", "pending", "leaving")}
    usage = pod["usage"] if pod["measured"] else None
    return PodGroup(request=pod["request"], usage=usage, window=pod["window"], **times, **flags)


@pytest.mark.slow
def test_ten_thousand_random_cases_give_what_kubernetes_gives(tmp_path: Path) -> None:
    program = subprocess.run([BUILD], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    chance = random.Random(36)  # noqa: S311
    cases = [random_case(chance) for _ in range(CASES)]
    files = {"CASES": str(tmp_path / "cases"), "ANSWERS": str(tmp_path / "answers")}
    Path(files["CASES"]).write_text("".join(json.dumps(case) + "\n" for case in cases))
    subprocess.run([program, "-test.run=TestCases"], env={**os.environ, **files}, check=True, stdout=subprocess.PIPE)
    kubernetes = [json.loads(line) for line in Path(files["ANSWERS"]).read_text().splitlines()]
    assert len(kubernetes) == CASES
    different = [number for number, case in enumerate(cases) if answers(case) != kubernetes[number]]
    assert different == []
    changed = sum(len(set(given)) > 1 for given in kubernetes)
    assert changed > CASES / 4  # else the cases would show little


def test_utilisation_is_cut_to_whole_percent_before_it_is_compared() -> None:
    # 22.9 % of a target of 20 % would be outside of the tolerance of a tenth; 22 % is inside.
    group = PodGroup(1000, 229, 1000.0, 15.0, 0.0, 5.0)
    assert replica_count(1000.0, 1, 20, [group], Tolerance()) == 1


def test_nothing_is_decided_without_a_measurement() -> None:
    unmeasured = PodGroup(100, None, 0.0, 15.0, 0.0, 5.0)
    assert replica_count(1000.0, 3, 50, [unmeasured], Tolerance()) is None


def test_pod_without_a_measurement_dampens_the_change() -> None:
    unmeasured = PodGroup(100, None, 0.0, 15.0, 0.0, 5.0, count=2)
    assert replica_count(1000.0, 4, 50, [pods(100, 2)], Tolerance()) == 4
    assert replica_count(1000.0, 4, 50, [pods(100, 2), unmeasured], Tolerance()) == 4  # the new ones count as idle
    assert replica_count(1000.0, 4, 50, [pods(10, 2), unmeasured], Tolerance()) == 4  # and as full on the way down


def test_scale_down_waits_for_its_window() -> None:
    autoscaler = Autoscaler(Settings(50, 10, down=Rules(60, (Policy(percent=True, value=100, seconds=15),))))
    assert autoscaler.sync(0.0, 1, [pods(200)]) == 4
    replicas = [autoscaler.sync(t, 4, [pods(5, 4)]) for t in (15.0, 30.0, 45.0, 60.0, 75.0)]
    assert replicas == [4, 4, 4, 1, 1]


def test_policy_limits_the_pods_that_come_within_its_period() -> None:
    autoscaler = Autoscaler(Settings(50, 100, up=Rules(0, (Policy(percent=False, value=2, seconds=60),))))
    assert [autoscaler.sync(0.0, 1, [pods(1000)]), autoscaler.sync(15.0, 3, [pods(1000, 3)])] == [3, 3]
    assert autoscaler.sync(60.0, 3, [pods(1000, 3)]) == 5


def test_groups_count_as_often_as_they_have_pods() -> None:
    single = replica_count(1000.0, 3, 50, [pods(100)] * 3, Tolerance())
    assert single == replica_count(1000.0, 3, 50, [pods(100, 3)], Tolerance()) == 6


def test_autoscaler_without_a_cpu_target_is_refused() -> None:
    with pytest.raises(ValueError, match="no CPU utilisation"):
        from_spec({"maxReplicas": 3, "metrics": [{"type": "External", "external": {}}]})
