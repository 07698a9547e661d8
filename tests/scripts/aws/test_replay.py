"""Two stops in ECS's order lose no request with DRAIN_SECONDS, and without it they do."""

from pathlib import Path

import pytest

from tests.scripts.aws.replay import replay

pytestmark = [pytest.mark.slow, pytest.mark.timing]


def test_no_request_is_lost_while_the_balancer_does_not_know_of_the_stop(tmp_path: Path) -> None:
    outcome = replay(tmp_path, 4, [0, 2.5])
    assert outcome.requests > 200
    assert not outcome.lost, outcome


def test_without_drain_seconds_requests_are_lost(tmp_path: Path) -> None:
    outcome = replay(tmp_path, 0, [1.5])
    assert outcome.lost["502"] > 10, outcome
