"""The manifests of k8s/monitoring are valid, harden their pods, and agree with each other and with the service's."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.conftest import ROOT
from tests.monitoring.files import DASHBOARDS, FOLDER, OBJECTS

NAMES = ("prometheus", "alertmanager", "grafana")
DEPLOYMENT = yaml.safe_load((ROOT / "k8s" / "deployment.yaml").read_text())
SERVICE: dict[str, Any] = DEPLOYMENT["spec"]["template"]["spec"]["containers"][0]


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = OBJECTS["Deployment", f"mlserving-{name}"]["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("key", OBJECTS, ids="-".join)
def test_each_object_is_valid_and_in_no_namespace(key: tuple[str, str]) -> None:
    manifest = OBJECTS[key]
    kubernetes_validate.validate(manifest, "1.36", strict=True)
    assert "namespace" not in manifest["metadata"]
    name = "mlserving-" + key[1].split("-")[1]
    assert manifest["metadata"]["labels"] == {"app.kubernetes.io/name": name}
    for selector in (manifest.get("spec", {}).get("selector", {}), manifest.get("spec", {}).get("podSelector", {})):
        if labels := selector.get("matchLabels", selector):
            assert labels == {"app.kubernetes.io/name": name}


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_has_no_privileges(name: str) -> None:
    spec = pod(name)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert all(volume.keys() & {"configMap", "emptyDir", "projected"} for volume in spec["volumes"])
    assert all("sizeLimit" in volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume)
    assert spec.get("automountServiceAccountToken", True) is (name == "prometheus")


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_service_a_budget_and_a_policy(name: str) -> None:
    full = f"mlserving-{name}"
    assert OBJECTS["Service", full]["spec"].get("type", "ClusterIP") == "ClusterIP"
    assert OBJECTS["PodDisruptionBudget", full]["spec"]["maxUnavailable"] == 1
    policy = OBJECTS["NetworkPolicy", full]["spec"]
    assert sorted(policy["policyTypes"]) == ["Egress", "Ingress"]
    assert policy["ingress"] == [{"ports": [{"port": "http", "protocol": "TCP"}], "from": [{"podSelector": {}}]}]


def test_prometheus_may_only_list_the_pods_of_its_namespace() -> None:
    assert OBJECTS["Role", "mlserving-prometheus"]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    ]
    assert not [kind for kind, _ in OBJECTS if kind.startswith("Cluster")]


def test_images_have_a_version() -> None:
    for name in NAMES:
        image, version = pod(name)["containers"][0]["image"].rsplit(":", 1)
        assert image.split("/")[-1] == name
        assert version[-1].isdigit()


def test_prometheus_and_the_operator_scrape_the_same_pods() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    (endpoint,) = yaml.safe_load((FOLDER / "operator" / "podmonitor.yaml").read_text())["spec"]["podMetricsEndpoints"]
    assert f"{SERVICE['name']};{endpoint['port']}" == job["relabel_configs"][0]["regex"]
    assert endpoint["port"] in {port["name"] for port in SERVICE["ports"]}
    assert endpoint["relabelings"][0] == {
        "sourceLabels": ["__meta_kubernetes_pod_container_name"],
        "regex": SERVICE["name"],
        "action": "keep",
    }
    labels = {rule["sourceLabels"][0]: rule["targetLabel"] for rule in endpoint["relabelings"][2:]}
    assert (
        labels.items()
        <= {rule["source_labels"][0]: rule.get("target_label") for rule in job["relabel_configs"]}.items()
    )
    assert {"targetLabel": "job", "replacement": job["job_name"]} in endpoint["relabelings"]


def test_alerts_reach_the_alertmanager_that_is_deployed() -> None:
    (managers,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["alerting"]["alertmanagers"]
    port = OBJECTS["Service", "mlserving-alertmanager"]["spec"]["ports"][0]["port"]
    assert managers["static_configs"] == [{"targets": [f"mlserving-alertmanager:{port}"]}]


def test_a_secret_takes_the_place_of_the_alertmanagers_configuration() -> None:
    volume = next(entry for entry in pod("alertmanager")["volumes"] if entry["name"] == "config")
    assert [next(iter(source)) for source in volume["projected"]["sources"]] == ["configMap", "secret"]
    assert volume["projected"]["sources"][1]["secret"]["optional"] is True


def test_dashboards_show_the_pods_request_and_limits() -> None:
    panels = {panel["title"]: panel for panel in DASHBOARDS["serving"]["panels"]}

    def lines(title: str) -> list[float]:
        steps = panels[title]["fieldConfig"]["defaults"]["thresholds"]["steps"]
        return [step["value"] for step in steps if step["value"] is not None]

    resources = SERVICE["resources"]
    assert lines("CPU of each pod") == [
        int(resources["requests"]["cpu"][:-1]) / 1000,
        float(resources["limits"]["cpu"]),
    ]
    assert lines("Memory of each pod") == [int(resources["limits"]["memory"][:-2]) * 2**20]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_works_with_any_data_source(name: str) -> None:
    board = DASHBOARDS[name]
    assert "__inputs" not in board
    assert board["templating"]["list"][0]["type"] == "datasource"
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        box = panel["gridPos"]
        assert box["x"] + box["w"] <= 24, panel["title"]
