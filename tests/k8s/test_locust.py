"""The pods of the load generator are valid and hardened, find each other, and may read what the recorder reads."""

import re
import time
import tomllib
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml
from kubernetes import client

from loadtest.__main__ import parse
from loadtest.cluster import preflight, prometheus
from loadtest.cluster.record import Recorder
from loadtest.locust_process import PORT, Workers
from loadtest.pods import master, run
from loadtest.pods.kubectl import FOLDER
from tests.conftest import ROOT
from tests.k8s.test_manifests import MANIFESTS
from tests.loadtest.plan.small_cluster import SmallCluster, small_cluster

OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    (found["kind"], found["metadata"]["name"]): found
    for path in sorted(FOLDER.glob("*.yaml"))
    for found in yaml.safe_load_all(path.read_text())
}
NAME = {"app.kubernetes.io/name": "mlserving-locust"}
LABELS = {kind: NAME | {"app.kubernetes.io/component": kind} for kind in ("master", "worker")}
JOBS = {"master": OBJECTS["Job", master.JOB]["spec"], "worker": OBJECTS["Job", run.WORKERS]["spec"]}
TEMPLATES = {kind: job["template"] for kind, job in JOBS.items()}
CONTAINERS = [container for template in TEMPLATES.values() for container in template["spec"]["containers"]]
EXPERIMENT, _ = TEMPLATES["master"]["spec"]["containers"]
(WORKER,) = TEMPLATES["worker"]["spec"]["containers"]


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
    both, only_master = (
        OBJECTS["NetworkPolicy", name]["spec"] for name in ("mlserving-locust", "mlserving-locust-master")
    )
    assert both["podSelector"]["matchLabels"] == NAME
    assert both["ingress"] == []
    assert {"to": [{"podSelector": {}}]} in both["egress"]
    assert only_master["podSelector"]["matchLabels"] == LABELS["master"]
    (rule,) = only_master["ingress"]
    assert rule == {
        "ports": [{"port": "locust", "protocol": "TCP"}],
        "from": [{"podSelector": {"matchLabels": LABELS["worker"]}}],
    }
    assert [port["port"] for port in only_master["egress"][0]["ports"]] == [443, 6443]
    for spec in (both, only_master):
        assert sorted(spec["policyTypes"]) == ["Egress", "Ingress"]


def test_the_role_allows_what_the_recorder_reads_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []

    def objects(cluster: SmallCluster, path: str, original: Any = SmallCluster.objects) -> Any:
        paths.append(urlsplit(path).path)
        if "/proxy/" in path:
            return {"data": {"result": []}}
        return {"items": []} if "metrics.k8s.io" in path else original(cluster, path)

    monkeypatch.setattr(SmallCluster, "objects", objects)
    with small_cluster() as cluster:
        recorder = Recorder(client.ApiClient(client.Configuration(host=cluster.api)), "default")
        recorder.find()
        preflight.describe_cluster(recorder)
        assert "missing" not in recorder.observe(time.time())
        prometheus.counted(recorder, time.time())
    # The nodes belong to no namespace: the recorder does without them if it may not read them.
    read = {resource_of(path) for path in paths if not path.endswith("/nodes")}
    role = OBJECTS["Role", "mlserving-locust"]
    allowed = {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [None])
    }
    assert allowed == read
    binding = OBJECTS["RoleBinding", "mlserving-locust"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": TEMPLATES["master"]["spec"]["serviceAccountName"]}
    ]


def resource_of(path: str) -> tuple[str, str, str, str | None]:
    """Return group, resource, verb and, where the Role names one object, its name."""
    found = re.match(r"/apis?/(?:([a-z0-9.]+)/)?v\w+/namespaces/default/(\w+)(?:/([^/]+))?(?:/(proxy))?", path)
    assert found, path
    group, resource, name, proxy = found.groups()
    return group or "", f"{resource}/{proxy}" if proxy else resource, "get" if name else "list", name if proxy else None
