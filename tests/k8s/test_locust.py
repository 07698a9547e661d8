"""The pods of the load generator are valid and hardened, find each other, and may read what the recorder reads."""

import re
import tomllib
from pathlib import PurePosixPath
from typing import Any

import kubernetes_validate
import pytest
import yaml

from loadtest.__main__ import parse
from loadtest.locust_process import PORT, Workers
from loadtest.pods import master, run
from loadtest.pods.kubectl import FOLDER
from loadtest.pods.kubectl import NAME as NAMED
from tests.conftest import ROOT
from tests.k8s.test_manifests import MANIFESTS

OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    (found["kind"], found["metadata"]["name"]): found
    for path in sorted(FOLDER.glob("*.yaml"))
    for found in yaml.safe_load_all(path.read_text())
}
NAME = {"app.kubernetes.io/name": NAMED}
LABELS = {kind: NAME | {"app.kubernetes.io/component": kind} for kind in ("master", "worker")}
JOBS = {"master": OBJECTS["Job", master.JOB]["spec"], "worker": OBJECTS["Job", run.WORKERS]["spec"]}
TEMPLATES = {kind: job["template"] for kind, job in JOBS.items()}
CONTAINERS = [container for template in TEMPLATES.values() for container in template["spec"]["containers"]]
EXPERIMENT, REPORTS = TEMPLATES["master"]["spec"]["containers"]
(WORKER,) = TEMPLATES["worker"]["spec"]["containers"]


# The ports of Kubernetes' API: of its Service, by default, in Minikube, in MicroK8s. Network plugins match any of them.
API = [443, 6443, 8443, 16443]


@pytest.mark.parametrize("key", OBJECTS, ids="-".join)
def test_each_object_is_valid_and_in_no_namespace(key: tuple[str, str]) -> None:
    kubernetes_validate.validate(OBJECTS[key], "1.36", strict=True)
    assert "namespace" not in OBJECTS[key]["metadata"]
    assert OBJECTS[key]["metadata"]["labels"] == NAME
    assert not key[0].startswith("Cluster")


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_pod_has_no_privileges(kind: str) -> None:
    spec = TEMPLATES[kind]["spec"]
    served = MANIFESTS["deployment"]["spec"]["template"]["spec"]
    assert spec["securityContext"].items() >= served["securityContext"].items()
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert all("sizeLimit" in volume["emptyDir"] for volume in spec["volumes"] if "configMap" not in volume)
    for container in spec["containers"]:
        assert container["securityContext"] == served["containers"][0]["securityContext"]
        for sizes in container["resources"].values():
            assert sizes.keys() == {"cpu", "memory", "ephemeral-storage"}
    assert spec.get("automountServiceAccountToken", True) is (kind == "master")


def test_the_image_tag_is_the_project_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {container["image"] for container in CONTAINERS} == {f"docker.io/library/mlserving-loadtest:{version}"}
    assert {container["imagePullPolicy"] for container in CONTAINERS} == {"IfNotPresent"}, "it is loaded, not pulled"


def test_by_hand_it_loads_the_service_with_as_many_workers_as_there_are() -> None:
    assert EXPERIMENT["command"] == ["python", "-m", "loadtest"]
    options = parse(EXPERIMENT["args"])
    assert options.workers == Workers(JOBS["worker"]["parallelism"], PORT)
    assert JOBS["worker"]["completions"] == JOBS["worker"]["parallelism"]
    service = MANIFESTS["service"]
    assert options.host == f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"


def test_workers_find_the_master_by_its_service() -> None:
    service = OBJECTS["Service", WORKER["args"][WORKER["args"].index("--master-host") + 1]]["spec"]
    assert service.get("type", "ClusterIP") == "ClusterIP"
    assert service["publishNotReadyAddresses"] is True
    assert service["selector"] == LABELS["master"]
    (port,) = service["ports"]
    assert {"name": port["targetPort"], "containerPort": port["port"]} in EXPERIMENT["ports"]
    assert port["port"] == PORT
    for kind, template in TEMPLATES.items():
        assert template["metadata"]["labels"] == LABELS[kind]


def test_workers_run_what_the_report_says_for_other_machines() -> None:
    (documented,) = re.findall(
        r"^\$ \.venv/bin/(python -m locust .*--worker)\b", (ROOT / "docs/report.md").read_text(), re.MULTILINE
    )
    assert " ".join(WORKER["command"]) == documented


def test_policies_admit_workers_to_the_master_and_both_to_what_they_load() -> None:
    both, only_master = (OBJECTS["NetworkPolicy", name]["spec"] for name in (NAMED, master.JOB))
    assert both["podSelector"]["matchLabels"] == NAME
    assert both["ingress"] == []
    assert {"to": [{"podSelector": {}}]} in both["egress"]
    assert only_master["podSelector"]["matchLabels"] == LABELS["master"]
    (rule,) = only_master["ingress"]
    assert rule == {
        "ports": [{"port": "locust", "protocol": "TCP"}],
        "from": [{"podSelector": {"matchLabels": LABELS["worker"]}}],
    }
    assert [port["port"] for port in only_master["egress"][0]["ports"]] == API
    for spec in (both, only_master):
        assert sorted(spec["policyTypes"]) == ["Egress", "Ingress"]


def test_prometheus_reaches_the_api_too() -> None:
    objects = yaml.safe_load_all((ROOT / "k8s" / "monitoring" / "prometheus.yaml").read_text())
    (policy,) = [found["spec"] for found in objects if found["kind"] == "NetworkPolicy"]
    assert API in [[port["port"] for port in rule.get("ports", [])] for rule in policy["egress"]]


def test_a_load_is_made_once() -> None:
    assert [job["backoffLimit"] for job in JOBS.values()] == [0, 0]


def test_run_folders_and_tables_are_where_the_experiment_has_them() -> None:
    *_, home = re.findall(r"^WORKDIR (/\S+)$", (ROOT / "loadtest" / "Dockerfile").read_text(), re.MULTILINE)
    written, table = PurePosixPath(home) / parse(["--host", "http://s"]).output, PurePosixPath(home) / run.TRAFFIC
    volumes = {volume["name"]: volume for volume in TEMPLATES["master"]["spec"]["volumes"]}
    assert "emptyDir" in volumes["reports"]
    assert volumes["traffic"]["configMap"]["name"] == OBJECTS["ConfigMap", NAMED]["metadata"]["name"]
    reports = {"name": "reports", "mountPath": str(written)}
    assert EXPERIMENT["volumeMounts"][:2] == [
        reports,
        {"name": "traffic", "mountPath": str(table), "readOnly": True},
    ]
    assert REPORTS["volumeMounts"] == [reports | {"readOnly": True}]
