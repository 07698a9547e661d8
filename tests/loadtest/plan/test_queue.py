"""The queue of a pod against formulas, and how kube-proxy's deals spread."""

from dataclasses import replace

import numpy as np
import pytest

from loadtest.plan.latency import latencies, pooled
from loadtest.plan.queue import POINTS, PodModel, hottest_share, shares, waits

IDLE = tuple(float(ms) for ms in np.linspace(1.0, 3.0, 99))


def pod(limit: int) -> PodModel:
    return PodModel(((0.0, 4.0), ((min(limit, 1000) - 4.0) / 0.5, float(limit))), cv2=0.5, idle=IDLE, limit=limit)


def p99(model: PodModel, rate: float) -> float:
    return float(np.quantile(model.latencies(rate), 0.99))


@pytest.mark.parametrize(("load", "cv2"), [(0.5, 0.0), (0.5, 1.0), (0.7, 0.5), (0.8, 1.0)])
def test_whole_core_agrees_with_pollaczek_and_khinchine(load: float, cv2: float) -> None:
    expected = load * 2.0 * (1 + cv2) / (2 * (1 - load))
    assert np.mean(waits(load, 2.0, 2.0, cv2, 1.0)) == pytest.approx(expected, rel=0.1)


def test_a_limit_below_one_core_makes_requests_wait_for_the_next_period() -> None:
    assert p99(pod(1000), 0.7 * pod(1000).capacity) < 10
    assert p99(pod(200), 0.9 * pod(200).capacity) > 2 * p99(pod(1000), 0.7 * pod(1000).capacity)
    assert np.max(waits(0.2, 5.0, 5.0, 0.0, 0.2)) > 40  # four requests use up a period's 20 ms


def test_pod_stands_still_at_a_rate_that_it_answers_when_busy() -> None:
    """Two thirds of its capacity use up its limit, because a pod that is seldom busy spends more on each request."""
    curve = ((0.0, 4.0), (260.0, 196.0), (392.0, 200.0))
    assert p99(replace(pod(200), curve=curve), 260) > p99(pod(200), 260) + 10


def test_request_is_not_taken_to_cost_less_than_in_a_busy_pod() -> None:
    """A step of the measurement may have had less CPU than its rate needs."""
    lucky = replace(pod(200), curve=((0.0, 4.0), (260.0, 60.0), (392.0, 200.0)))
    assert p99(lucky, 260) == p99(pod(200), 260)


def test_more_than_one_core_does_not_make_a_request_slower() -> None:
    curve = ((0.0, 4.0), (1992.0, 2000.0))  # beside the event loop, threads compute
    assert p99(replace(pod(2000), curve=curve), 400) < p99(pod(1000), 400) + 1


def test_latencies_rise_with_the_rate() -> None:
    model = pod(200)
    values = [p99(model, rate) for rate in (0, 50, 150, 250, 330, 380, 10_000)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(np.quantile(IDLE, 0.99), rel=0.1)


def test_capacity_is_what_the_limit_allows_and_one_core_at_most() -> None:
    assert pod(200).capacity == pytest.approx(392)
    assert pod(2000).capacity == pod(1000).capacity == pytest.approx(1992)
    assert pod(200).cpu(10_000) == pytest.approx(200)


def test_hottest_pod_has_more_than_its_share() -> None:
    assert hottest_share(1, 120) == 1
    assert hottest_share(3, 120) == pytest.approx(1.27, abs=0.01)
    assert hottest_share(10, 120) == pytest.approx(1.7, abs=0.01)
    assert sum(shares(10, 120)) == pytest.approx(len(shares(10, 120)))


def test_users_who_wait_bound_the_latency() -> None:
    model = pod(200)
    assert set(latencies(model, 800.0, 1, 160, 160)) == {1000 * 160 / model.capacity}
    assert max(latencies(model, 5.0, 1, 1, 1)) <= max(IDLE) + 1000 / model.capacity


def test_pooled_quantile_weighs_its_parts() -> None:
    slow, quick = np.full(POINTS, 100.0), np.full(POINTS, 1.0)
    assert pooled([(quick, 98.0), (slow, 2.0)], 0.95) == 1.0
    assert pooled([(quick, 90.0), (slow, 10.0)], 0.95) == 100.0
