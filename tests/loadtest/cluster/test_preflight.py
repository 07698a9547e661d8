"""A load begins when the autoscaler rests at its minimum."""

from typing import Any

import pytest

from loadtest.cluster import preflight


def state(pods: int = 1, ready: int = 1, **hpa: Any) -> dict[str, Any]:
    scaler = {"cpu": 2, "target": 70, "desired": 1, "min": 1, "max": 3} | hpa
    return {"hpa": scaler, "ready": ready, "pods": [{"name": f"pod-{number}"} for number in range(pods)]}


@pytest.mark.parametrize(
    ("observed", "idle"),
    [
        (state(), True),
        (state(cpu=90), False),
        (state(cpu=None), False),
        (state(desired=2), False),
        (state(ready=0), False),
        (state(pods=2), False),  # one is being stopped
        (state(cpu=90, max=1), True),
        (state(cpu=None, max=1), True),
        (state(cpu=None, max=1, pods=2), False),
        ({"missing": "no answer"}, False),
    ],
)
def test_an_autoscaler_is_idle_at_its_minimum_with_calm_pods(observed: dict[str, Any], idle: bool) -> None:
    assert preflight.is_idle(observed) is idle
