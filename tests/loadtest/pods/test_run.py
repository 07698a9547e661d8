"""What an experiment in pods refuses, and what it says when its pods do not start or are lost; kubectl is a script.

tests/e2e/test_locust_pods.py runs it on a cluster.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadtest.__main__ import main
from loadtest.locust_process import PORT
from loadtest.pods import kubectl as module
from loadtest.pods import master, run
from loadtest.pods.kubectl import Kubectl
from loadtest.users.models import CannotRunError

WORDS = ["--shape", "smoke", "--pods", "3", "--host", "http://ml-serving-service:8000", "--context", "here"]
Fake = Callable[..., Callable[[], list[str]]]
PENDING = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu."}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return a function that sets what `kubectl get` prints, and returns one for the commands that change something."""

    def set_up(jobs: str = "", pods: list[dict[str, Any]] | None = None) -> Callable[[], list[str]]:
        record, found = tmp_path / "record", tmp_path / "pods.json"
        found.write_text(json.dumps({"items": pods or []}))
        script = tmp_path / "kubectl"
        script.write_text(
            f'#!/bin/sh\ncase "$*" in\n*"get jobs"*) printf %s "{jobs}" ;;\n*"get pods"*) cat "{found}" ;;\n'
            f'*) echo "$*" >>"{record}" ;;\nesac\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("KUBECTL", str(script))
        monkeypatch.setattr(module, "START_SECONDS", 0)
        return lambda: record.read_text().splitlines() if record.exists() else []

    return set_up


def pod(name: str, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"phase": "Pending", **status}}


def test_the_master_gets_the_command_without_what_concerns_this_machine() -> None:
    kept = ["--open", "poisson", "--host", "http://s"]
    words = [*kept[:2], "--shape", "smoke", "--pods=3", "--context", "here", *kept[2:], "--output", "x"]
    assert run.arguments(words, "smoke") == ["--shape", "smoke", *kept]


def test_recorded_traffic_goes_to_the_master(tmp_path: Path) -> None:
    table = tmp_path / "day.csv"
    table.write_text("time_s,requests_per_s\n0,5\n10,5\n")
    words = run.arguments(["--shape", str(table), "--faster", "60"], str(table))
    assert words == ["--shape", "traffic/day.csv", "--faster", "60"]
    experiment, others = run.manifests(2, words, table)
    (mapped,) = [found for found in others if found["kind"] == "ConfigMap"]
    assert mapped["data"] == {"day.csv": table.read_text()}
    spec = experiment["spec"]["template"]["spec"]
    assert {"name": "traffic", "configMap": {"name": mapped["metadata"]["name"]}} in spec["volumes"]
    assert {"name": "traffic", "mountPath": "/app/traffic", "readOnly": True} in spec["containers"][0]["volumeMounts"]


def test_as_many_workers_are_made_as_the_master_waits_for() -> None:
    experiment, others = run.manifests(7, ["--shape", "smoke"])
    (workers,) = [found for found in others if found["kind"] == "Job"]
    assert (workers["spec"]["parallelism"], workers["spec"]["completions"]) == (7, 7)
    words = experiment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert words == ["--shape", "smoke", "--workers", f"7@{PORT}"]


def test_faults_are_refused(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    changed = fake()
    assert main([*WORDS, "--fault", "kill-container@5"]) == 2
    assert "Faults are injected from outside" in capsys.readouterr().err
    assert changed() == []


def test_second_load_is_refused_and_the_first_one_left_alone(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    changed = fake(jobs="job.batch/mlserving-locust-master")
    assert main(WORDS) == 2
    assert "kubectl delete -f k8s/locust" in capsys.readouterr().err
    assert changed() == []


def test_pods_without_room_are_explained_and_deleted(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    changed = fake(pods=[pod("a", phase="Running"), pod("b", phase="Running"), pod("c", conditions=[PENDING])])
    assert main(WORDS) == 2
    assert capsys.readouterr().err.endswith("c: Unschedulable: Insufficient cpu.\n")
    create, delete = changed()
    assert create == "--context here --namespace default create -f -"
    assert " delete " in delete


def test_image_that_cannot_be_pulled_is_named(fake: Fake) -> None:
    waiting = {"name": "worker", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}
    fake(pods=[pod("a", containerStatuses=[waiting], conditions=[PENDING])])
    with pytest.raises(CannotRunError, match="a: ErrImagePull: no such image"):
        Kubectl(None, "default").wait_until_started("worker", 1)


def test_what_kubectl_says_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "kubectl"
    script.write_text("#!/bin/sh\necho jobs.batch is forbidden >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setenv("KUBECTL", str(script))
    with pytest.raises(CannotRunError, match=r"kubectl get failed: jobs\.batch is forbidden"):
        Kubectl(None, "default").run("get", "jobs")


@pytest.mark.parametrize(
    ("state", "status"), [({"running": {}}, None), ({"terminated": {"exitCode": 1, "reason": "Error"}}, 1)]
)
def test_exit_status_is_the_experiments(fake: Fake, state: dict[str, Any], status: int | None) -> None:
    other = {"name": "reports", "state": {"running": {}}}
    fake(pods=[pod("m", phase="Running", containerStatuses=[other, {"name": "loadtest", "state": state}])])
    assert master.exit_status(Kubectl(None, "default")) == status


def test_killed_experiment_and_lost_pod_are_no_verdict(fake: Fake) -> None:
    killed = {"name": "loadtest", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
    fake(pods=[pod("m", phase="Running", containerStatuses=[killed])])
    with pytest.raises(CannotRunError, match="OOMKilled"):
        master.exit_status(Kubectl(None, "default"))
    fake(pods=[])
    with pytest.raises(CannotRunError, match="was lost"):
        master.exit_status(Kubectl(None, "default"))
