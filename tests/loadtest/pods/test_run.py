"""What an experiment in pods refuses, what it sends there, and what is left of it here; kubectl is a script.

tests/e2e/test_locust_pods.py runs it on a cluster.
"""

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loadtest.__main__ import main, parse
from loadtest.locust_process import PORT
from loadtest.pods import run
from loadtest.report import write
from tests.conftest import ROOT
from tests.loadtest.pods.conftest import RUN, WORDS, Fake, ended, pod

DELETE = f"delete -f {ROOT}/k8s/locust --ignore-not-found --cascade=foreground --timeout=120s"
EVERY = shlex.split(  # options of the command line, with values that are not the defaults
    "--shape=day.csv --faster=60 --scale=0.5 --hours=2 --models=digits=2,brain_mri=3 --open=poisson --pods=3 "
    "--price=0.04/core-hour --fault=kill-container@60 --host=http://ml-serving-service:8000 --hpa=media-cost-hpa "
    "--namespace=models --context=here --output=elsewhere --no-cluster"
)
HERE = {"pods", "context", "output"}  # what concerns this machine


def test_the_master_gets_every_option_but_those_of_this_machine() -> None:
    given, default = vars(parse(EVERY)), vars(parse(["--host", "http://s"]))
    assert {name for name in given if given[name] == default[name]} == {"workers"}, "an option is missing above"
    apart = [part for word in EVERY for part in word.split("=", 1)]
    for spelled in (EVERY, apart):
        got = vars(parse(run.arguments(spelled, "day.csv", "models")))
        expected = given | {name: default[name] for name in HERE} | {"shape": "traffic/day.csv"}
        assert got == expected
    assert parse(run.arguments(WORDS, "smoke", "default")).namespace == "default", "a missing autoscaler is an error"


@pytest.mark.parametrize("name", ["day.csv", "Größe 1.csv"])
def test_recorded_traffic_of_any_name_goes_to_the_master(tmp_path: Path, name: str) -> None:
    table = tmp_path / name
    table.write_text("time_s,requests_per_s\n0,5\n10,5\n")
    words = run.arguments(["--shape", str(table), "--faster", "60"], str(table), "default")
    assert parse([*words, "--host", "http://s"]).shape == f"traffic/{name}"
    experiment, others = run.manifests(2, words, table)
    (mapped,) = [found for found in others if found["kind"] == "ConfigMap"]
    assert mapped["data"] == {"traffic.csv": table.read_text()}
    spec = experiment["spec"]["template"]["spec"]
    (volume,) = [found for found in spec["volumes"] if found["name"] == "traffic"]
    items = [{"key": "traffic.csv", "path": name}]
    assert volume["configMap"] == {"name": mapped["metadata"]["name"], "items": items}


def test_as_many_workers_are_made_as_the_master_waits_for() -> None:
    experiment, others = run.manifests(7, ["--shape", "smoke"])
    (workers,) = [found for found in others if found["kind"] == "Job"]
    assert (workers["spec"]["parallelism"], workers["spec"]["completions"]) == (7, 7)
    words = experiment["spec"]["template"]["spec"]["containers"][0]["args"]
    assert words == ["--shape", "smoke", "--workers", f"7@{PORT}"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--fault", "kill-container@5"], "Pods cannot inject faults"),
        (["--shape", "soak", "--hours", "25"], "lasts at most a day"),
    ],
)
def test_loads_that_pods_cannot_make_are_refused(
    fake: Fake, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    fake.answer([])
    assert main([*WORDS, *words]) == 2
    assert reason in capsys.readouterr().err
    assert fake.commands() == []


def test_second_load_is_refused_with_a_command_that_removes_the_first(
    fake: Fake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/my files/config")
    fake.answer([], {"get jobs": "echo job.batch/mlserving-locust-master", "delete": 'echo "$KUBECONFIG" >kubeconfig'})
    assert main(WORDS) == 2
    assert fake.commands() == []
    command = capsys.readouterr().err.partition("remove it: ")[2]
    subprocess.run(["bash", "-c", command], env={"PATH": "/usr/bin:/bin"}, cwd=tmp_path, check=True)
    assert fake.commands() == [f"delete -f {ROOT}/k8s/locust"]
    assert (fake.folder / "record").read_text().splitlines()[-1].startswith("--context here --namespace default ")
    assert (fake.folder / "kubeconfig").read_text() == "/my files/config\n"


def test_pods_without_room_are_explained_and_deleted(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    unmet = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "Insufficient cpu."}
    fake.answer([pod("a"), pod("b"), pod("c", "Pending", conditions=[unmet])])
    assert main(WORDS) == 2
    assert capsys.readouterr().err.endswith("c: Unschedulable: Insufficient cpu.\n")
    assert fake.commands() == ["create -f -", DELETE]


def test_report_is_this_machines_and_its_path_is_printed(
    fake: Fake, tar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answer(ended(1), {" tar ": tar})
    output = tmp_path / "elsewhere"
    monkeypatch.setattr(sys, "argv", ["loadtest", *WORDS])
    assert main([*WORDS, "--output", str(output)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith(f" {output}/{RUN}/report.html")
    assert (output / "latest").resolve() == (output / RUN).resolve()
    summary = json.loads((output / RUN / "summary.json").read_text())
    assert summary["repeat"]["command"].endswith(" ".join(WORDS))
    assert " ".join(WORDS) in (output / RUN / "report.html").read_text()
    assert fake.commands()[-1] == DELETE


@pytest.mark.parametrize("code", [0, 1])
def test_run_without_a_folder_is_no_success(fake: Fake, capsys: pytest.CaptureFixture[str], code: int) -> None:
    fake.answer(ended(code), {" tar ": "mkdir -p empty; tar -C empty -cf - ."})
    assert main([*WORDS, "--output", str(fake.folder / "reports")]) == 2
    assert "no run folder" in capsys.readouterr().err


def test_objects_that_cannot_be_deleted_are_named_and_the_result_is_kept(
    fake: Fake, tar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {" tar ": tar, "delete": "echo timed out >&2; exit 1", "get -f": "echo job.batch/a service/b"}
    fake.answer(ended(0), answers)
    assert main([*WORDS, "--output", str(tmp_path)]) == 0
    assert (tmp_path / "latest" / "report.html").exists()
    errors = capsys.readouterr().err
    assert "timed out\nLeft in the cluster: job.batch/a and service/b.\n" in errors
    assert f"--context here --namespace default {DELETE}\n" in errors
    assert signal.getsignal(signal.SIGINT) is signal.getsignal(signal.SIGTERM) is signal.default_int_handler


def test_interrupt_while_the_report_is_written_names_the_command_for_it(
    fake: Fake, tar: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answer(ended(0), {" tar ": tar})
    monkeypatch.setattr(write, "write", lambda _: signal.raise_signal(signal.SIGINT))
    assert main([*WORDS, "--output", str(tmp_path)]) == 2
    command = f"python -m loadtest report {tmp_path}/{RUN}"
    assert capsys.readouterr().err == f"Interrupted. To write the report: {command}\n"
