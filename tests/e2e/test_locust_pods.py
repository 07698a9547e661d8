"""The command of docs/report.md for a load from pods, on a real cluster, and that it leaves nothing there."""

import json
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtest.pods.kubectl import LABEL
from tests.conftest import ROOT
from tests.e2e.conftest import DEPLOYMENT, Deployed, deploy, without_pods
from tests.e2e.readme import started
from tests.loadtest.test_experiment import assert_only_latency_is_missed

pytestmark = pytest.mark.cluster

REPORT_MD = (ROOT / "docs" / "report.md").read_text()
COMMAND: str
(COMMAND,) = re.findall(r"^\$ (make load .* LOCUST_PODS=4)$", REPORT_MD, re.MULTILINE)
TRAFFIC: str
(TRAFFIC,) = re.findall(r"`(make load SHAPE=traffic\.csv LOCUST_PODS=.*)`", REPORT_MD)
KINDS = "jobs,pods,services,networkpolicies,serviceaccounts,roles,rolebindings"
COUNTED = re.compile(r'^mlserving_requests_total\{.*route="/predict.* (\S+)$', re.MULTILINE)
REPORT = re.compile(r"^The report is here: (reports/\S+/report\.html)$", re.MULTILINE)


def command(documented: str, shape: str) -> str:
    """Return the command with another shape, and two pods."""
    words = {"SHAPE": f"SHAPE={shape}", "LOCUST_PODS": "LOCUST_PODS=2"}
    return shlex.join(["exec", *(words.get(word.partition("=")[0], word) for word in shlex.split(documented))])


def environment(deployed: Deployed) -> dict[str, str]:
    return {**deployed.cluster.environment, "CONTEXT": deployed.cluster.context}


def left(deployed: Deployed) -> str:
    return deployed.run("get", KINDS, "--selector", LABEL, "--output", "name")


def counted(deployed: Deployed) -> float:
    """Return how many predictions all pods have counted."""
    deployed.run("rollout", "status", DEPLOYMENT, "--timeout", "60s")
    folder = f"/api/v1/namespaces/{deployed.cluster.namespace}/pods"
    metrics = [deployed.run("get", "--raw", f"{folder}/{pod}:9000/proxy/metrics") for pod in deployed.pods()]
    return sum(float(value) for text in metrics for value in COUNTED.findall(text))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_two_pods_send_the_load_and_the_report_is_like_one_from_outside(deployed: Deployed) -> None:
    deploy(deployed)
    with without_pods(deployed):
        pass  # a pod that the autoscaler still removes after an earlier load would take its count with it
    before = counted(deployed)
    run = ["bash", "-c", command(COMMAND, "smoke")]
    done = subprocess.run(run, cwd=ROOT, env=environment(deployed), capture_output=True, text=True, check=False)
    assert left(deployed) == ""
    assert REPORT.search(done.stdout), done.stdout + done.stderr
    folder = (ROOT / REPORT.findall(done.stdout)[0]).parent
    assert folder == (ROOT / "reports" / "latest").resolve()
    summary = json.loads((folder / "summary.json").read_text())
    assert_only_latency_is_missed(done, summary)
    requests, repeat = summary["requests"], summary["repeat"]
    assert requests["right"] == requests["sent"] == counted(deployed) - before
    assert requests["sent"] > 300  # 720 where no machine is busy
    assert (repeat["workers"], repeat["command"].split()[-1]) == (2, deployed.cluster.namespace)
    assert repeat["git"]["revision"]
    assert {6, 20} <= {second.get("users") for second in lines(folder / "load.jsonl")}
    states = lines(folder / "cluster.jsonl")
    assert all(state["ready"] >= 1 for state in states)
    assert any(state["cpu"] for state in states)


def test_ctrl_c_ends_recorded_traffic_with_its_report_and_leaves_nothing(deployed: Deployed, tmp_path: Path) -> None:
    deploy(deployed)
    table = tmp_path / "Größe 1.csv"
    table.write_text("time_s,requests_per_s\n0,2\n300,2\n")
    with started(command(TRAFFIC, str(table)), environment(deployed), subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.match(rb"Watch it at (\S+)$", line):
                page = found[1].decode()
            if re.search(rb"\b0:0[3-9]\b", line):
                break
        assert "Größe 1.csv" in httpx.get(f"{page}/next", timeout=30).text
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read().decode()
        assert process.wait(60) != 0
    assert left(deployed) == ""
    assert "NOT PASSED: Interrupted before the end" in rest
    summary = json.loads((ROOT / REPORT.findall(rest)[0]).with_name("summary.json").read_text())
    assert summary["requests"]["right"] == summary["requests"]["sent"] > 20
    assert summary["repeat"]["shape"]["name"] == table.name
