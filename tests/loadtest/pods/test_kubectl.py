"""What is said of kubectl that fails, and of pods that do not start."""

from typing import Any

import pytest

from loadtest.pods import kubectl as module
from loadtest.pods.kubectl import Kubectl
from loadtest.users.models import CannotRunError
from tests.loadtest.pods.conftest import Fake, pod

KUBECTL = Kubectl(None, "default")
# The condition has neither a reason nor a message in many versions.
SANDBOX = {"type": "PodReadyToStartContainers", "status": "False"}
UNREADY = {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "unready: [worker]"}
CREATING = {"name": "worker", "state": {"waiting": {"reason": "ContainerCreating"}}}
NO_IMAGE = {"name": "worker", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}
UNREACHABLE = "[ -e reached ] || { touch reached; echo unreachable >&2; exit 1; }; cat pods.json"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"containerStatuses": [NO_IMAGE], "conditions": [UNREADY]}, "a: ErrImagePull: no such image"),
        ({"containerStatuses": [CREATING], "conditions": [SANDBOX, UNREADY]}, "a: ContainersNotReady: unready:"),
        ({"containerStatuses": [CREATING], "conditions": [SANDBOX]}, "a: ContainerCreating$"),
        ({"conditions": [SANDBOX]}, "a: PodReadyToStartContainers$"),
        ({}, "a: no reason is known"),
    ],
)
def test_why_a_pod_does_not_start_is_said(fake: Fake, status: dict[str, Any], why: str) -> None:
    fake.answer([pod("a", "Pending", **status)])
    with pytest.raises(CannotRunError, match=why):
        KUBECTL.wait_until_started("worker", 1)


def test_what_kubectl_says_is_said(fake: Fake) -> None:
    fake.answer([], {"get jobs": "echo jobs.batch is forbidden >&2; exit 1"})
    with pytest.raises(CannotRunError, match=r"kubectl get failed: jobs\.batch is forbidden"):
        KUBECTL.run("get", "jobs")


def test_missing_kubectl_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECTL", "/nowhere/kubectl")
    with pytest.raises(CannotRunError, match=r"/nowhere/kubectl cannot be run: No such file.*needs kubectl on PATH"):
        KUBECTL.run("get", "jobs")


def test_pods_are_waited_for_although_the_api_is_away_for_a_moment(fake: Fake) -> None:
    fake.answer([pod("a")], {"get pods": UNREACHABLE})
    KUBECTL.wait_until_started("worker", 1)


def test_api_that_stays_away_is_an_error(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNREACHABLE_SECONDS", 0.1)
    fake.answer([pod("a")], {"get pods": "echo unreachable >&2; exit 1"})
    with pytest.raises(CannotRunError, match="unreachable"):
        KUBECTL.wait_until_started("worker", 1)
