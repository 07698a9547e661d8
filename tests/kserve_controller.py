"""What KServe's controller and its pod webhook make of an InferenceService in the mode Standard.

It stands in for the controller, which is not a module that could be compiled here, and follows its source for
the fields that this project uses: components/predictor.go, reconcilers/deployment, reconcilers/service, and
webhook/admission/pod/storage_initializer_injector.go.

    python -m tests.kserve_controller < objects.yaml

prints the objects with Deployments and Services in place of each InferenceService, with the runtime of k8s/kserve.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "k8s" / "kserve"
MODELS = "/mnt/models"
VOLUME = "kserve-provision-location"

# Fields of a predictor that are not its pod's.
_EXTENSIONS = {
    "model",
    "minReplicas",
    "maxReplicas",
    "deploymentStrategy",
    "storageContainerName",
    "labels",
    "annotations",
}

Object = dict[str, Any]


def committed(name: str) -> Object:
    """Return the one object in a file of k8s/kserve."""
    found: Object = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    return found


def reconciled(documents: Iterable[Object]) -> Iterator[Object]:
    """Yield the objects of Kubernetes itself that are in the cluster in the end."""
    runtime, storage = committed("servingruntime"), committed("clusterstoragecontainer")
    for document in documents:
        if document["kind"] == "InferenceService":
            name, spec = document["metadata"]["name"], document["spec"]
            yield from _made(f"{name}-predictor", document, runtime, storage)
            for canary in spec.get("canary", ()):
                second = document | {"spec": {"predictor": canary["predictor"]}}
                yield from _made(f"{name}-{canary['predictor']['name']}-predictor", second, runtime, storage)
        elif not document["apiVersion"].startswith("serving.kserve.io/"):
            yield document


def pod(service: Object, runtime: Object, storage: Object) -> Object:
    """Return the specification of the pods of an InferenceService."""
    predictor = service["spec"]["predictor"]
    (of_runtime,) = runtime["spec"]["containers"]
    of_model = {key: value for key, value in predictor["model"].items() if key in ("env", "resources", "image")}
    container = _filled(_merged(of_runtime, of_model), service["metadata"]["name"])
    container["env"] = [*container["env"], {"name": "INFERENCE_SERVICE_NAME", "value": service["metadata"]["name"]}]
    container["volumeMounts"] = [{"name": VOLUME, "mountPath": MODELS, "readOnly": True}]
    assert predictor["storageContainerName"] == storage["metadata"]["name"]
    return {
        **{key: value for key, value in predictor.items() if key not in _EXTENSIONS},
        "initContainers": [_merged(_initializer(predictor["model"]["storageUri"]), storage["spec"]["container"])],
        "containers": [container],
        "volumes": [{"name": VOLUME, "emptyDir": {}}],
    }


def _initializer(uri: str) -> Object:
    """Return KServe's own init container, which a ClusterStorageContainer changes."""
    return {
        "name": "storage-initializer",
        "image": "kserve/storage-initializer:latest",
        "args": [uri, MODELS],
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": VOLUME, "mountPath": MODELS, "readOnly": False}],
        "env": [{"name": "HF_HUB_ENABLE_HF_TRANSFER", "value": "1"}],
        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    }


def _made(name: str, service: Object, runtime: Object, storage: Object) -> Iterator[Object]:
    """Yield the Deployment and the Service of that name, of the stable version or of a canary."""
    predictor, spec = service["spec"]["predictor"], runtime["spec"]
    labels = {
        **spec["labels"],
        **service["metadata"]["labels"],
        "serving.kserve.io/inferenceservice": service["metadata"]["name"],
        "component": "predictor",
        "app": f"isvc.{name}",
    }
    annotations = {**spec["annotations"], **service["metadata"]["annotations"]}
    meta = {"name": name, "labels": labels, "annotations": annotations}
    selector = {"app": f"isvc.{name}"}
    made = pod(service, runtime, storage)
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {
            "selector": {"matchLabels": selector},
            "strategy": predictor["deploymentStrategy"],
            "template": {"metadata": {"labels": labels, "annotations": annotations}, "spec": made},
        },
    }
    ports = made["containers"][0]["ports"]
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {
            "selector": selector,
            "ports": [
                {"name": port["name"], "port": 80 if port is ports[0] else target, "targetPort": target}
                for port in ports
                for target in [port["containerPort"]]
            ],
        },
    }


def _filled(container: Object, name: str) -> Object:
    filled: Object = json.loads(json.dumps(container).replace("{{.Name}}", name))
    return filled


def _merged(old: Any, new: Any) -> Any:
    """Return what a strategic merge patch makes: mappings are merged, and so are lists of what has names."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: _merged(old[key], value) if key in old else value for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list) and all("name" in item for item in [*old, *new]):
        by_name = {item["name"]: item for item in old}
        for item in new:
            by_name[item["name"]] = _merged(by_name.get(item["name"], {}), item)
        return list(by_name.values())
    return new


if __name__ == "__main__":
    yaml.safe_dump_all(reconciled(yaml.safe_load_all(sys.stdin)), sys.stdout)
