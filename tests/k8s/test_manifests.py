"""The manifests as they stand: valid, named as promised, and hardened field by field."""

import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from model import catalog
from server.settings import from_environment

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "k8s").glob("*.yaml"))
MANIFESTS: dict[str, dict[str, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
POD = MANIFESTS["deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
LABELS = {"app.kubernetes.io/name": "ml-serving"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_one_valid_object_of_the_core_api(path: Path) -> None:
    (manifest,) = yaml.safe_load_all(path.read_text())
    kubernetes_validate.validate(manifest, "1.36", strict=True)
    assert manifest["metadata"]["labels"] == LABELS
    assert "namespace" not in manifest["metadata"]


def test_an_unknown_field_would_be_noticed() -> None:
    wrong = MANIFESTS["service"] | {"spec": MANIFESTS["service"]["spec"] | {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.36", strict=True)


def test_the_objects_have_the_promised_names() -> None:
    assert {manifest["kind"]: manifest["metadata"]["name"] for manifest in MANIFESTS.values()} == {
        "ConfigMap": "mlserving-configs",
        "Deployment": "ml-serving-deployment",
        "Service": "ml-serving-service",
        "HorizontalPodAutoscaler": "ml-serving-hpa",
        "PodDisruptionBudget": "ml-serving-pdb",
        "NetworkPolicy": "ml-serving-networkpolicy",
    }


def test_the_configmap_says_which_model() -> None:
    data = MANIFESTS["configmap"]["data"]
    first, *others = catalog.served()
    assert data["MODEL_NAME"] == ",".join([first, *others])
    assert data["MODEL_PATH"] == ",".join(["/model", *(f"/app/{catalog.BUNDLES}/{name}" for name in others)])
    assert {"configMapRef": {"name": "mlserving-configs"}} in CONTAINER["envFrom"]


def test_requests_come_in_by_nodeport_30001_to_port_8000() -> None:
    spec = MANIFESTS["service"]["spec"]
    assert spec["type"] == "NodePort"
    assert spec["ports"] == [{"name": "http", "port": 8000, "targetPort": "http", "nodePort": 30001}]
    assert {"name": "http", "containerPort": 8000} in CONTAINER["ports"]


def test_metrics_are_on_a_port_that_only_the_cluster_reaches() -> None:
    port = from_environment(MANIFESTS["configmap"]["data"]).metrics_port
    assert {"name": "metrics", "containerPort": port} in CONTAINER["ports"]
    assert port not in {open_port["port"] for open_port in MANIFESTS["service"]["spec"]["ports"]}
    (rule,) = [rule for rule in MANIFESTS["networkpolicy"]["spec"]["ingress"] if "from" in rule]
    assert rule == {"ports": [{"port": "metrics", "protocol": "TCP"}], "from": [{"namespaceSelector": {}}]}


def test_every_selector_finds_the_pods() -> None:
    assert MANIFESTS["deployment"]["spec"]["template"]["metadata"]["labels"] == LABELS
    assert MANIFESTS["deployment"]["spec"]["selector"]["matchLabels"] == LABELS
    assert MANIFESTS["service"]["spec"]["selector"] == LABELS
    assert MANIFESTS["pdb"]["spec"]["selector"]["matchLabels"] == LABELS
    assert MANIFESTS["networkpolicy"]["spec"]["podSelector"]["matchLabels"] == LABELS


def test_the_image_is_the_versions_and_never_latest() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert CONTAINER["image"] == f"docker.io/library/mlserving:{version}"
    assert CONTAINER["imagePullPolicy"] == "IfNotPresent"


def test_the_autoscaler_owns_the_replicas() -> None:
    assert "replicas" not in MANIFESTS["deployment"]["spec"]
    spec = MANIFESTS["hpa"]["spec"]
    assert MANIFESTS["hpa"]["apiVersion"] == "autoscaling/v2"
    assert spec["scaleTargetRef"]["name"] == MANIFESTS["deployment"]["metadata"]["name"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 3)
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 20}
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 60
    assert all("cpu" in container["resources"]["requests"] for container in POD["containers"])


def test_the_autoscalers_comment_computes_from_the_numbers_in_force() -> None:
    request = int(re.fullmatch(r"(\d+)m", CONTAINER["resources"]["requests"]["cpu"])[1])  # type: ignore[index]
    target = MANIFESTS["hpa"]["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    comment = (ROOT / "k8s" / "hpa.yaml").read_text()
    assert f"{target} % of the request of {request}m = {request * target // 100}m" in comment


def test_a_pod_that_stops_has_time_to_lose_nothing() -> None:
    command = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    drain = int(re.fullmatch(r"kill -USR1 1 && sleep (\d+)", command[-1])[1])  # type: ignore[index]
    assert drain >= 10
    assert POD["terminationGracePeriodSeconds"] >= drain + from_environment({}).grace_seconds + 5
    assert MANIFESTS["deployment"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert MANIFESTS["pdb"]["spec"]["minAvailable"] == 1


def test_every_probe_asks_our_own_health() -> None:
    assert CONTAINER["startupProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}
    assert CONTAINER["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}
    assert CONTAINER["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "http"}


def test_the_pod_can_do_nothing_but_serve() -> None:
    assert POD["automountServiceAccountToken"] is False
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] > 0
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert set(CONTAINER["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & POD.keys()


def test_the_pod_may_be_asked_on_its_port_and_asks_nobody() -> None:
    spec = MANIFESTS["networkpolicy"]["spec"]
    assert sorted(spec["policyTypes"]) == ["Egress", "Ingress"]
    assert spec["egress"] == []
    assert [rule for rule in spec["ingress"] if "from" not in rule] == [
        {"ports": [{"port": "http", "protocol": "TCP"}]}
    ]
