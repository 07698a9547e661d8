"""The objects for KServe are valid, and the pod that KServe makes of them is as hard as that of k8s/deployment.yaml."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from model import catalog
from model.inference_service import schema
from model.inference_service.manifest import manifest
from model.store.address import Address
from server.settings import from_environment
from tests.k8s.test_manifests import MANIFESTS, POD
from tests.kserve_controller import FOLDER, committed, pod, reconciled

FILES = sorted(path for path in FOLDER.iterdir() if path.is_file())
NAMES = [model.name.replace("_", "-") for model in catalog.SHIPPED]
LABELS = {"app.kubernetes.io/name": "mlserving-kserve"}
RUNTIME, STORAGE = committed("servingruntime"), committed("clusterstoragecontainer")
SHIPPED = {name: list(yaml.safe_load_all((FOLDER / f"shipped-{name}.yaml").read_text())) for name in NAMES}
SERVICE = SHIPPED[NAMES[0]][0]
MADE = pod(SERVICE, RUNTIME, STORAGE)
CONTAINER, INITIALIZER = MADE["containers"][0], MADE["initContainers"][0]
OURS = POD["containers"][0]


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_object_is_one_that_kserve_or_kubernetes_knows(path: Path) -> None:
    assert path.suffix == ".yaml", "kubectl apply -f reads every file"
    for document in documents(path):
        schema.check(document)
        if not document["apiVersion"].startswith("serving.kserve.io"):
            kubernetes_validate.validate(document, "1.36", strict=True)
        assert document["metadata"]["labels"] == LABELS
        assert "namespace" not in document["metadata"]
        assert "rbac" not in document["apiVersion"]


def test_runtime_and_storage_are_applied_before_the_models_that_need_them() -> None:
    names = [path.name for path in FILES]
    assert names[:3] == ["clusterstoragecontainer.yaml", "networkpolicy.yaml", "servingruntime.yaml"]


@pytest.mark.parametrize("model", catalog.SHIPPED, ids=lambda model: model.name)
def test_each_model_that_ships_has_the_file_that_the_command_prints(model: catalog.ShippedModel) -> None:
    name = model.name.replace("_", "-")
    printed = manifest(name, Address(f"s3://models/{model.name}"))
    assert (FOLDER / f"shipped-{name}.yaml").read_text() == printed


def test_kserve_finds_the_runtime_and_the_storage_by_name() -> None:
    assert RUNTIME["spec"]["supportedModelFormats"] == [{"name": "mlserving", "version": "1", "autoSelect": True}]
    assert set(RUNTIME["spec"]["protocolVersions"]) == {"v1", "v2", "grpc-v2"}
    predictor = SERVICE["spec"]["predictor"]
    assert predictor["model"]["modelFormat"] == {"name": "mlserving"}
    assert predictor["storageContainerName"] == STORAGE["metadata"]["name"]
    assert STORAGE["spec"]["workloadType"] == "initContainer"
    assert STORAGE["spec"]["supportedUriFormats"] == [{"prefix": "s3://"}]
    assert INITIALIZER["name"] == "storage-initializer", "KServe finds it by this name"


def test_kserve_deploys_without_knative_and_leaves_the_autoscaler_to_ours() -> None:
    assert SERVICE["metadata"]["annotations"] == {
        "serving.kserve.io/deploymentMode": "Standard",
        "serving.kserve.io/autoscalerClass": "external",
    }
    scaler = SHIPPED[NAMES[0]][1]["spec"]
    assert scaler | {"scaleTargetRef": None} == MANIFESTS["hpa"]["spec"] | {"scaleTargetRef": None}
    assert scaler["scaleTargetRef"]["name"] == f"{NAMES[0]}-predictor"
    assert SERVICE["spec"]["predictor"]["minReplicas"] == scaler["minReplicas"]


def test_an_update_or_a_drained_node_leaves_a_pod_serving() -> None:
    strategy = SERVICE["spec"]["predictor"]["deploymentStrategy"]
    assert strategy["rollingUpdate"] == MANIFESTS["deployment"]["spec"]["strategy"]["rollingUpdate"]
    budget = SHIPPED[NAMES[0]][2]["spec"]
    assert budget | {"selector": None} == MANIFESTS["pdb"]["spec"] | {"selector": None}


def test_kserves_pod_differs_from_the_deployments_only_where_it_must() -> None:
    only_kserves = {"initContainers", "containers", "volumes"}
    assert {key: MADE[key] for key in MADE.keys() - only_kserves} == {
        key: POD[key] for key in POD.keys() - only_kserves
    }
    assert list(MADE["volumes"]) == [{"name": "kserve-provision-location", "emptyDir": {}}]
    probes = {"startupProbe", "readinessProbe", "livenessProbe"}
    same = {"name", "image", "imagePullPolicy", "lifecycle", "securityContext"} | probes
    assert {key: CONTAINER[key] for key in same} == {key: OURS[key] for key in same}
    for kind in ("requests", "limits"):
        sizes = CONTAINER["resources"][kind]
        assert sizes | {"ephemeral-storage": None} == OURS["resources"][kind] | {"ephemeral-storage": None}
        assert "ephemeral-storage" in sizes


def test_the_storage_container_has_no_privileges() -> None:
    user = {key: POD["securityContext"][key] for key in ("runAsNonRoot", "runAsUser", "runAsGroup")}
    assert INITIALIZER["securityContext"] == OURS["securityContext"] | user
    own = STORAGE["spec"]["container"]["resources"]  # KServe adds its defaults to it
    assert own["limits"].keys() == own["requests"].keys() == {"cpu", "memory", "ephemeral-storage"}
    assert (INITIALIZER["image"], INITIALIZER["imagePullPolicy"]) == (OURS["image"], "IfNotPresent")


def test_the_storage_container_runs_fetch_with_what_kserve_adds() -> None:
    assert INITIALIZER["command"] == ["python", "-m", "model", "fetch"]
    assert INITIALIZER["args"] == [f"s3://models/{catalog.SHIPPED[0].name}", "/mnt/models"]
    assert INITIALIZER["envFrom"] == [{"secretRef": {"name": "mlserving-store", "optional": True}}]


def test_the_pods_status_says_why_it_does_not_start() -> None:
    assert CONTAINER["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert INITIALIZER["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert STORAGE["spec"]["container"]["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_the_server_takes_the_model_that_kserve_brings() -> None:
    settings = from_environment({variable["name"]: variable.get("value", "") for variable in CONTAINER["env"]})
    assert settings.models == ((NAMES[0], Path("/mnt/models")),)
    assert (settings.digests, settings.docs) == (("",), True)
    ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
    assert ports == {"http1": settings.port, "grpc": settings.grpc_port, "metrics": settings.metrics_port}
    assert next(iter(ports)) == "http1", "KServe's Service forwards to the first port"
    assert {port["protocol"] for port in CONTAINER["ports"]} == {"TCP"}, "KServe would update its Service for ever"
    (pod_name,) = [variable for variable in CONTAINER["env"] if variable["name"] == "POD_NAME"]
    assert pod_name["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_the_pods_say_where_their_metrics_are() -> None:
    annotations, port = RUNTIME["spec"]["annotations"], "9000"
    assert annotations["prometheus.io/scrape"] == "true"
    for scraper in ("prometheus.io", "prometheus.kserve.io"):
        assert (annotations[f"{scraper}/port"], annotations[f"{scraper}/path"]) == (port, "/metrics")
    assert {"name": "metrics", "containerPort": int(port), "protocol": "TCP"} in CONTAINER["ports"]


@pytest.mark.parametrize("name", NAMES)
def test_every_selector_matches_the_pods_that_kserve_labels(name: str) -> None:
    made = {document["kind"] + "/" + document["metadata"]["name"]: document for document in reconciled(SHIPPED[name])}
    labels = made[f"Deployment/{name}-predictor"]["spec"]["template"]["metadata"]["labels"]
    mine = {"serving.kserve.io/inferenceservice": name, "component": "predictor"}
    assert made[f"Service/{name}-nodeport"]["spec"]["selector"] == mine
    assert made[f"PodDisruptionBudget/{name}"]["spec"]["selector"] == {"matchLabels": mine}
    assert mine.items() <= labels.items()
    policy = committed("networkpolicy")["spec"]["podSelector"]["matchLabels"]
    assert policy == RUNTIME["spec"]["labels"] == LABELS, (
        "all pods of the runtime, also of InferenceServices without labels"
    )
    assert policy.items() <= labels.items()
    assert not MANIFESTS["service"]["spec"]["selector"].items() <= labels.items(), "the other Service would select them"


def test_the_nodeport_reaches_requests_but_not_metrics() -> None:
    spec = SHIPPED[NAMES[0]][3]["spec"]
    assert spec["type"] == "NodePort"
    assert [(port["name"], port["targetPort"]) for port in spec["ports"]] == [("http", "http1"), ("grpc", "grpc")]
    assert not [port for port in spec["ports"] if "nodePort" in port], "several Services cannot have one port"


def test_the_network_policy_lets_requests_in_and_only_the_store_out() -> None:
    spec, store = (
        committed("networkpolicy")["spec"],
        documents(FOLDER.parent / "store" / "networkpolicy.yaml")[0]["spec"],
    )
    assert sorted(spec["policyTypes"]) == ["Egress", "Ingress"]
    assert spec["egress"] == store["egress"]
    requests, metrics = spec["ingress"]
    assert requests == {"ports": [{"port": "http1", "protocol": "TCP"}, {"port": "grpc", "protocol": "TCP"}]}
    assert metrics == MANIFESTS["networkpolicy"]["spec"]["ingress"][1]


@pytest.mark.cluster
def test_kubectl_accepts_what_needs_no_crd(cluster: Any) -> None:
    core = [found for path in FILES for found in documents(path) if "kserve" not in found["apiVersion"]]
    assert len(core) == 1 + 3 * len(NAMES)
    cluster.run("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump_all(core))
