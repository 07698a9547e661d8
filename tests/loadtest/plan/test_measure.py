"""`plan measure` on a pod whose capacity is known, with a small API server in the place of a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from loadtest.plan import capacity, command, measure, staircase
from loadtest.users.models import CannotRunError
from tests.loadtest.plan.capacities import CAPACITY, COST, REST, step
from tests.loadtest.plan.small_cluster import CPU_SECONDS, SERVICE_SECONDS, SmallCluster, small_cluster


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCluster]:
    with small_cluster() as started:
        config = {
            "current-context": "small",
            "contexts": [{"name": "small", "context": {"cluster": "small", "user": "small"}}],
            "clusters": [{"name": "small", "cluster": {"server": started.api}}],
            "users": [{"name": "small", "user": {}}],
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.setattr(staircase, "STEP_SECONDS", 1.5)
        monkeypatch.setattr(staircase, "SETTLE_SECONDS", 0.5)
        monkeypatch.setattr(staircase, "RECOVERY_SECONDS", 0.5)
        monkeypatch.setattr(measure, "REST_SECONDS", 0.5)
        yield started


def words(cluster: SmallCluster, output: Path) -> list[str]:
    return ["measure", "--host", cluster.host, "--capacity", str(output)]


@pytest.mark.slow
@pytest.mark.timing
def test_capacity_of_a_slow_pod_is_found(cluster: SmallCluster, tmp_path: Path) -> None:
    assert command.run(words(cluster, tmp_path / "capacity.json")) == 0
    found = capacity.read(tmp_path / "capacity.json")
    assert found.highest_rate == pytest.approx(1 / SERVICE_SECONDS, rel=0.2)
    assert found.cost_ms == pytest.approx(1000 * CPU_SECONDS, rel=0.3)
    assert found.idle_ms[49] == pytest.approx(1000 * SERVICE_SECONDS, rel=0.5)
    assert (found.limit, found.request, found.memory_mib) == (200, 100, 100)
    assert found.digest == CAPACITY.digest
    assert cluster.bounds[1:] == [(1, 1), (2, 2), (1, 1), (1, 3)]


def test_interrupt_gives_the_autoscaler_its_bounds_back(
    cluster: SmallCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(staircase, "climb", interrupt)
    with pytest.raises(KeyboardInterrupt):
        command.run(words(cluster, tmp_path / "capacity.json"))
    assert cluster.bounds[-1] == (1, 3)
    assert not (tmp_path / "capacity.json").exists()


def test_generator_that_falls_behind_is_refused(
    cluster: SmallCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staircase, "LATE_MS", 0.0)
    with pytest.raises(CannotRunError, match="fell behind at 5 requests/s"):
        command.run(words(cluster, tmp_path / "capacity.json"))
    assert cluster.bounds[-1] == (1, 3)


def test_pod_without_a_limit_is_refused() -> None:
    pod = {"spec": {"containers": [{"resources": {"requests": {"cpu": "100m"}}}]}}
    with pytest.raises(CannotRunError, match="no CPU limits"):
        measure.limits(pod)


def test_cost_of_a_request_comes_from_the_steps_below_saturation() -> None:
    assert staircase.cost_ms(CAPACITY.steps, REST) == pytest.approx(COST)
    with pytest.raises(CannotRunError, match="no measurable CPU"):
        staircase.cost_ms([step(50.0)], rest=1000.0)


def test_rates_within_the_objective_end_at_the_first_step_that_breaks_it() -> None:
    assert staircase.rate_within(CAPACITY.steps, 250) == 300
    assert staircase.rate_within(CAPACITY.steps, 2) == 0
    assert staircase.queue_begins(CAPACITY.steps) == 400
