"""The manifests are valid, keep the names that users and scripts rely on, and harden the pod.

Numbers that may be tuned (requests, targets, windows, periods) are not repeated here.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from model import catalog
from server.metrics_port import LIVE, READY
from server.settings import from_environment

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "k8s").glob("*.yaml"))
MANIFESTS: dict[str, dict[str, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
POD = MANIFESTS["deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]
LABELS = {"app.kubernetes.io/name": "ml-serving"}
STORE = ROOT / "k8s" / "store" / "networkpolicy.yaml"


@pytest.mark.parametrize("path", [*FILES, STORE], ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_is_one_valid_object_of_the_core_api(path: Path) -> None:
    (manifest,) = yaml.safe_load_all(path.read_text())
    kubernetes_validate.validate(manifest, "1.36", strict=True)
    assert manifest["metadata"]["labels"] == LABELS
    assert "namespace" not in manifest["metadata"]


def test_validation_finds_an_unknown_field() -> None:
    wrong = MANIFESTS["service"] | {"spec": MANIFESTS["service"]["spec"] | {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.36", strict=True)


def test_objects_have_the_documented_names() -> None:
    assert {manifest["kind"]: manifest["metadata"]["name"] for manifest in MANIFESTS.values()} == {
        "ConfigMap": "mlserving-configs",
        "Deployment": "ml-serving-deployment",
        "Service": "ml-serving-service",
        "HorizontalPodAutoscaler": "ml-serving-hpa",
        "PodDisruptionBudget": "ml-serving-pdb",
        "NetworkPolicy": "ml-serving-networkpolicy",
    }


def test_the_configmap_lists_the_models() -> None:
    data = MANIFESTS["configmap"]["data"]
    first, *others = catalog.served()
    assert data["MODEL_NAME"] == ",".join([first, *others])
    assert data["MODEL_PATH"] == ",".join(["/model", *(f"/app/{catalog.BUNDLES}/{name}" for name in others)])
    assert {"configMapRef": {"name": "mlserving-configs"}} in CONTAINER["envFrom"]


def test_the_service_is_on_nodeport_30001() -> None:
    spec = MANIFESTS["service"]["spec"]
    (port,) = spec["ports"]
    assert (spec["type"], port["nodePort"]) == ("NodePort", 30001)
    assert port["targetPort"] in {open_port["name"] for open_port in CONTAINER["ports"]}


def test_metrics_port_is_reachable_only_inside_the_cluster() -> None:
    port = from_environment(MANIFESTS["configmap"]["data"]).metrics_port
    assert {"name": "metrics", "containerPort": port} in CONTAINER["ports"]
    assert port not in {open_port["port"] for open_port in MANIFESTS["service"]["spec"]["ports"]}
    (rule,) = [rule for rule in MANIFESTS["networkpolicy"]["spec"]["ingress"] if "from" in rule]
    assert rule == {"ports": [{"port": "metrics", "protocol": "TCP"}], "from": [{"namespaceSelector": {}}]}


def test_every_selector_matches_the_pods() -> None:
    assert MANIFESTS["deployment"]["spec"]["template"]["metadata"]["labels"] == LABELS
    assert MANIFESTS["deployment"]["spec"]["selector"]["matchLabels"] == LABELS
    assert MANIFESTS["service"]["spec"]["selector"] == LABELS
    assert MANIFESTS["pdb"]["spec"]["selector"]["matchLabels"] == LABELS
    assert MANIFESTS["networkpolicy"]["spec"]["podSelector"]["matchLabels"] == LABELS


def test_the_image_tag_is_the_project_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert CONTAINER["image"] == f"docker.io/library/mlserving:{version}"
    assert CONTAINER["imagePullPolicy"] == "IfNotPresent", "the image is loaded, not pulled"


def test_only_the_autoscaler_sets_the_replicas() -> None:
    assert "replicas" not in MANIFESTS["deployment"]["spec"]
    spec = MANIFESTS["hpa"]["spec"]
    assert spec["scaleTargetRef"]["name"] == MANIFESTS["deployment"]["metadata"]["name"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 3), "README and make demo promise 1 → 3 → 1"
    assert all("cpu" in container["resources"]["requests"] for container in POD["containers"]), "utilization needs it"


def test_the_autoscalers_comment_uses_the_current_numbers() -> None:
    request = int(re.fullmatch(r"(\d+)m", CONTAINER["resources"]["requests"]["cpu"])[1])  # type: ignore[index]
    target = MANIFESTS["hpa"]["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    comment = (ROOT / "k8s" / "hpa.yaml").read_text()
    assert f"{target} % of the request of {request}m = {request * target // 100}m" in comment


def test_a_stopping_pod_has_time_to_finish_its_requests() -> None:
    command = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    drain = int(re.fullmatch(r"kill -USR1 1 && sleep (\d+)", command[-1])[1])  # type: ignore[index]
    assert POD["terminationGracePeriodSeconds"] >= drain + from_environment({}).grace_seconds + 5


def test_an_update_or_a_drained_node_leaves_a_pod_serving() -> None:
    assert MANIFESTS["deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert MANIFESTS["pdb"]["spec"]["minAvailable"] >= 1


def test_probes_ask_the_port_that_answers_while_the_event_loop_is_busy() -> None:
    assert {name: CONTAINER[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")} == {
        "startupProbe": {"path": READY, "port": "metrics"},
        "readinessProbe": {"path": READY, "port": "metrics"},
        "livenessProbe": {"path": LIVE, "port": "metrics"},  # a pod that is only not ready must not be restarted
    }


def test_the_pod_has_no_privileges() -> None:
    assert POD["automountServiceAccountToken"] is False
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] > 0
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert CONTAINER["resources"]["limits"].keys() >= {"cpu", "memory", "ephemeral-storage"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "volumes"} & POD.keys()


def test_the_pod_accepts_requests_and_opens_no_connections() -> None:
    spec = MANIFESTS["networkpolicy"]["spec"]
    assert sorted(spec["policyTypes"]) == ["Egress", "Ingress"]
    assert spec["egress"] == []
    assert [rule for rule in spec["ingress"] if "from" not in rule] == [
        {"ports": [{"port": "http", "protocol": "TCP"}]}
    ]


def test_a_store_of_models_needs_only_a_secret_and_a_policy_more() -> None:
    assert {"secretRef": {"name": "mlserving-store", "optional": True}} in CONTAINER["envFrom"]
    spec = yaml.safe_load(STORE.read_text())["spec"]
    (selected,) = spec["podSelector"]["matchExpressions"]
    assert (selected["key"], selected["operator"]) == ("app.kubernetes.io/name", "In")
    assert selected["values"] == ["ml-serving", "media-cost"]
    assert spec["policyTypes"] == ["Egress"]
    assert [port["port"] for port in spec["egress"][0]["ports"]] == [443, 9000], "docs/bring.md names them"
