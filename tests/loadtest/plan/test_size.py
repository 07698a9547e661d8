"""`plan size`: the pods that it names, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from loadtest.plan import capacity, command, requirement
from loadtest.plan.autoscaler import from_spec
from loadtest.plan.requirement import Demand
from tests.loadtest.plan.capacities import CAPACITY, step

DEMAND = Demand(rate=1000, p99_ms=50, peak=1, step=60, connections=400)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "capacity.json"
    capacity.write(CAPACITY, path)
    return path


def size(measured: Path, *words: str) -> Path:
    output = measured.parent / "hpa.yaml"
    assert command.run(["size", "--capacity", str(measured), "--output", str(output), *words]) == 0
    return output


def test_pods_hold_the_load_on_the_hottest_one() -> None:
    made = requirement.plan(CAPACITY, DEMAND)
    assert 1000 / CAPACITY.pod.capacity < made.needed.middle <= made.now.middle < 10
    assert made.p99.high <= 50
    assert made.p50.low <= made.p99.low


def test_more_load_or_a_tighter_objective_takes_more_pods() -> None:
    usual = requirement.plan(CAPACITY, DEMAND).needed.middle
    assert requirement.plan(CAPACITY, replace(DEMAND, rate=2000)).needed.middle > usual
    assert requirement.plan(CAPACITY, replace(DEMAND, p99_ms=5)).needed.middle > usual
    assert requirement.plan(CAPACITY, replace(DEMAND, connections=40)).needed.middle > usual


def test_rise_to_a_peak_leaves_room_until_new_pods_are_ready() -> None:
    flat, rising = (requirement.plan(CAPACITY, replace(DEMAND, peak=peak)) for peak in (1, 3))
    assert rising.settings.target < flat.settings.target
    assert rising.now.middle > flat.now.middle
    assert flat.recovery is None
    assert rising.recovery is not None
    assert 0 < rising.recovery.low < rising.recovery.high < 120


def test_a_steady_load_has_a_target_that_a_pod_near_its_limit_exceeds() -> None:
    near = [replace(step(rate), cpu_millicores=cpu) for rate, cpu in ((50.0, 29.0), (200.0, 180.0), (300.0, 196.0))]
    throttled = replace(CAPACITY, steps=(*near, step(400.0)))
    made = requirement.plan(throttled, replace(DEMAND, p99_ms=250))
    acts_above = (1 + requirement.TOLERANCE) * made.settings.target / 100 * made.request
    assert 0.95 * throttled.pod.cpu(made.per_pod.middle) < acts_above <= throttled.pod.cpu(made.per_pod.middle)


def test_the_written_autoscaler_is_that_of_the_plan(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = size(measured, "--rate", "1000/s", "--p99", "50ms", "--connections", "400", "--price", "0.04/core-hour")
    assert from_spec(yaml.safe_load(output.read_text())["spec"]) == requirement.plan(CAPACITY, DEMAND).settings
    printed = capsys.readouterr().out
    assert "Cost a month" in printed
    assert f"kubectl apply -f {output}" in printed


def test_objective_below_the_idle_p99_is_refused() -> None:
    with pytest.raises(ValueError, match="without any queue"):
        requirement.plan(CAPACITY, replace(DEMAND, p99_ms=2.5))


def test_generator_that_fell_behind_is_refused() -> None:
    late = replace(CAPACITY, steps=(*CAPACITY.steps[:2], step(100.0, late_ms=80.0)))
    with pytest.raises(ValueError, match="fell behind at 100"):
        requirement.plan(late, DEMAND)


def test_no_pod_is_planned_beyond_what_it_answered() -> None:
    loose = requirement.plan(CAPACITY, replace(DEMAND, p99_ms=10_000))
    assert loose.per_pod.middle <= CAPACITY.highest_rate


def test_another_limit_is_refused(measured: Path) -> None:
    with pytest.raises(ValueError, match="200m was measured, none with 500m"):
        size(measured, "--rate", "100", "--p99", "50ms", "--limit", "500m")


def test_missing_capacity_says_how_to_measure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="plan measure --host"):
        size(tmp_path / "capacity.json", "--rate", "100", "--p99", "50ms")


def test_file_of_another_form_is_refused(measured: Path) -> None:
    measured.write_text('{"steps": []}')
    with pytest.raises(ValueError, match="Measure again"):
        size(measured, "--rate", "100", "--p99", "50ms")
