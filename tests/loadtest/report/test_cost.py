"""What the synthetic run cost: pods of 100m, which used 8, 200, 66 and 4 % of that."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtest.report import cost, scaling, timeline
from loadtest.report.write import write
from tests.loadtest import synthetic


def cost_of(folder: Path) -> dict[str, Any]:
    run = timeline.read(folder)
    return cost.summarize(run, scaling.analyse(run).shares)


def test_cost_counts_pods_cpu_and_requests(tmp_path: Path) -> None:
    found = cost_of(synthetic.folder(tmp_path))
    assert found["cores_per_pod"] == 0.1
    # One pod until 0:40, then three until 2:45, and one again: at 8, 200, 66 and 4 millicores each.
    used = 40 * 8 + 3 * (20 * 200 + 50 * 66 + 55 * 4) + 15 * 4
    assert found["used_core_seconds"] == pytest.approx(used / 1000, abs=0.01)
    assert found["requests_per_core_second"] == pytest.approx(33_300 / (used / 1000), abs=0.1)


def test_pods_that_the_target_calls_for_are_within_the_bounds(tmp_path: Path) -> None:
    """At a target of 20 % of 100m, 8 millicores are one pod, 600 and 198 are the maximum of three, and 12 are one."""
    assert cost_of(synthetic.folder(tmp_path))["at_target_pod_seconds"] == 40 + 3 * 70 + 70


def test_price_makes_money_of_what_was_requested(tmp_path: Path) -> None:
    folder = synthetic.folder(tmp_path)
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan | {"price": 0.04}))
    as_it_ran, most, least = cost.rows(cost_of(folder), 180)
    assert as_it_ran["core_hours"] == pytest.approx(430 * 0.1 / 3600)
    assert as_it_ran["money"] == pytest.approx(430 / 180 * 0.1 * 730 * 0.04)
    assert most["pod_seconds"] == 540 > as_it_ran["pod_seconds"] > least["pod_seconds"] == 320
    write(folder)
    assert "at 0.04 for an hour of a requested core." in (folder / "report.html").read_text()


def test_cpu_that_was_not_measured_is_unknown_and_not_0(tmp_path: Path) -> None:
    def line(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(t) | {"cpu": {}}

    found = cost_of(synthetic.folder(tmp_path, cluster=line))
    assert found["used_core_seconds"] is found["requests_per_core_second"] is found["at_target_pod_seconds"] is None
    assert found["pod_seconds"] == 430


def test_while_the_cpu_is_unknown_an_ideal_autoscaler_keeps_the_pods(tmp_path: Path) -> None:
    def line(t: int) -> dict[str, Any]:
        return synthetic.cluster_line(t) | ({"cpu": {}} if 120 <= t < 140 else {})

    known = cost_of(synthetic.folder(tmp_path / "known"))
    found = cost_of(synthetic.folder(tmp_path / "gap", cluster=line))
    assert found["used_core_seconds"] < known["used_core_seconds"]
    assert found["at_target_pod_seconds"] > known["at_target_pod_seconds"], "three pods ran where one was called for"


def test_pods_without_a_request_have_no_price(tmp_path: Path) -> None:
    def line(t: int) -> dict[str, Any]:
        found = synthetic.cluster_line(t)
        return found | {"pods": [pod | {"request": None} for pod in found["pods"]]}

    found = cost_of(synthetic.folder(tmp_path, cluster=line))
    assert found["at_target_pod_seconds"] is found["cores_per_pod"] is None
    assert {row["money"] for row in cost.rows(found | {"price_per_core_hour": 0.04}, 180)} == {None}
