"""Simulations whose outcome can be worked out by hand."""

import time

import pytest

from loadtest.plan.autoscaler import Policy, Rules, Settings
from loadtest.plan.predict import predict
from loadtest.plan.simulate import Deployment, simulate
from loadtest.traffic.table import Piece
from tests.loadtest.plan.capacities import CAPACITY

DOWN = Rules(60, (Policy(percent=True, value=100, seconds=15),))
STEP = [Piece(0, 60, 5.0), Piece(60, 240, 300.0), Piece(240, 420, 5.0)]


def deployment(settings: Settings) -> Deployment:
    return Deployment(settings, CAPACITY.pod, 200, CAPACITY.start_s, CAPACITY.stop_s)


def test_a_step_is_answered_within_the_periods_of_its_measurements() -> None:
    predicted = predict(deployment(Settings(20, 5, down=DOWN)), STEP, phases=100)
    up = predicted.first_change(60, 240, up=True)
    assert up is not None
    assert 60 < up.low < up.middle < up.high < 60 + 15 + 15
    down = predicted.first_change(240, 420, up=False)
    assert down is not None
    assert 240 + 60 - 15 < down.low < down.high < 240 + 60 + 15 + 15


def test_replicas_are_those_of_the_target() -> None:
    # 300 requests/s cost 150 millicores and 4 at rest; a target of 20 % of 200m is 40 each, so four pods.
    history = simulate(deployment(Settings(20, 10, down=DOWN)), STEP, seed=1)
    assert max(count for _, count in history.desired) == 4
    assert history.desired[-1][1] == 1
    assert history.pods[-1][1] == 1


def test_pods_count_from_the_decision_until_they_are_gone() -> None:
    settings = Settings(20, 10, down=DOWN)
    for seed in range(20):
        history = simulate(deployment(settings), STEP, seed)
        (_, _), (up, _), *_ = history.desired
        assert history.pods[1] == (up, history.desired[1][1])
        assert history.ready[1][0] == pytest.approx(up + CAPACITY.start_s)
        assert history.pods[-1][0] == pytest.approx(history.desired[-1][0] + CAPACITY.stop_s)


def test_pods_are_first_ready_as_long_after_the_decision_as_one_takes_to_start() -> None:
    predicted = predict(deployment(Settings(20, 10, down=DOWN)), STEP, phases=100)
    asked, ready = (predicted.first_reached(4, ready=ready) for ready in (False, True))
    assert asked is not None
    assert ready is not None
    assert ready.middle - asked.middle == pytest.approx(CAPACITY.start_s)
    assert predicted.first_reached(5, ready=False) is None


def test_load_that_does_not_change_changes_nothing() -> None:
    predicted = predict(deployment(Settings(60, 5)), [Piece(0, 600, 100.0)], phases=20)
    assert predicted.first_change(0, 600, up=True) is None
    assert predicted.pod_seconds.low == predicted.pod_seconds.high == 600
    assert predicted.cpu.middle == pytest.approx(4 + 0.5 * 100)
    assert predicted.refused.high == 0


def test_requests_beyond_the_capacity_count_as_refused() -> None:
    predicted = predict(deployment(Settings(60, 1)), [Piece(0, 100, 2 * CAPACITY.pod.capacity)], phases=5)
    assert predicted.refused.middle == pytest.approx(0.5)


def test_more_pods_at_a_lower_target() -> None:
    few, many = (predict(deployment(Settings(target, 10, down=DOWN)), STEP, phases=20) for target in (60, 20))
    assert few.pod_seconds.high < many.pod_seconds.low
    assert few.p99_all.middle > many.p99_all.middle


@pytest.mark.slow
@pytest.mark.timing
def test_a_day_of_5000_pods_takes_at_most_ten_seconds_of_cpu() -> None:
    pieces = [Piece(60 * i, 60 * i + 60, 320_000.0 * (1 + (i // 120) % 4)) for i in range(1440)]
    began = time.process_time()
    predicted = predict(deployment(Settings(60, 5000)), pieces, phases=10)
    assert time.process_time() - began <= 10
    assert predicted.replicas.max() == 5000
