"""Compares Kubernetes objects with the models of KServe 0.21 and of Kubernetes, field by field.

The generated classes drop fields that they do not know, and a cluster would refuse these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from model.manifest import BundleError

_CONTAINERS = re.compile(r"[Ll]ist\[(?P<item>.+)\]|[Dd]ict[\[(]str, (?P<value>.+)[\])]")
_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "ResourceQuantity": str,
    "object": object,
}
# A class of Kubernetes that KServe's models name after its place in Go, and the kinds of objects that are used here.
_RENAMED = {"K8sIoApiAppsV1DeploymentStrategy": "V1DeploymentStrategy"}
_KINDS = {
    "serving.kserve.io/v1beta1 InferenceService": "V1beta1InferenceService",
    "serving.kserve.io/v1alpha1 ServingRuntime": "V1alpha1ServingRuntime",
    "serving.kserve.io/v1alpha1 ClusterStorageContainer": "V1alpha1ClusterStorageContainer",
    "autoscaling/v2 HorizontalPodAutoscaler": "V2HorizontalPodAutoscaler",
    "policy/v1 PodDisruptionBudget": "V1PodDisruptionBudget",
    "networking.k8s.io/v1 NetworkPolicy": "V1NetworkPolicy",
    "v1 Service": "V1Service",
}


def check(document: Any) -> None:
    """Raise BundleError unless each field of the object is known, has the right type, and none is missing."""
    if not isinstance(document, dict):
        raise BundleError("A Kubernetes object must be a mapping.")
    kind = f"{document.get('apiVersion')} {document.get('kind')}"
    if kind not in _KINDS:
        raise BundleError(f"{kind} is none of the objects that are known here: {', '.join(_KINDS)}.")
    _check(document, _KINDS[kind], document["kind"])
    if not document.get("metadata", {}).get("name"):
        raise BundleError(f"{document['kind']}.metadata has no name.")
    if document["kind"] == "InferenceService":
        _check_canaries(document["spec"])


def _check_canaries(spec: Mapping[str, Any]) -> None:
    canaries = [canary["predictor"] for canary in spec.get("canary", ())]
    if any("canaryTrafficPercent" in predictor for predictor in (spec["predictor"], *canaries)):
        raise BundleError("KServe ignores canaryTrafficPercent in its mode Standard. Use spec.canary instead.")
    if not all(predictor.get("name") for predictor in canaries):
        raise BundleError("The predictor of a canary needs a name, from which KServe makes that of its Deployment.")


def _check(value: Any, kind: str, place: str) -> None:
    if kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind in ("int", "float")):
            raise BundleError(f"{place} must be of the type {kind}, not {value!r}.")
    elif found := _CONTAINERS.fullmatch(kind):
        if found["item"]:
            _require(value, list, place)
            for index, item in enumerate(value):
                _check(item, found["item"], f"{place}[{index}]")
        else:
            _require(value, dict, place)
            for key, item in value.items():
                _check(key, "str", f"a key of {place}")
                _check(item, found["value"], f"{place}.{key}")
    else:
        _check_object(value, kind, place)


def _check_object(value: Any, kind: str, place: str) -> None:
    _require(value, dict, place)
    model = _model(_RENAMED.get(kind, kind))
    names = {spelled: name for name, spelled in model.attribute_map.items()}
    for key, item in value.items():
        if key not in names:
            raise BundleError(f"{place} has no field {key!r}.")
        _check(item, model.openapi_types[names[key]], f"{place}.{key}")
    try:
        model(**{names[key]: item for key, item in value.items()})
    except ValueError as error:  # a field is missing, or its value is none of those that are allowed
        raise BundleError(f"{place} is invalid: {error}") from error


def _require(value: Any, kind: type, place: str) -> None:
    if not isinstance(value, kind):
        raise BundleError(f"{place} must be a {'list' if kind is list else 'mapping'}, not {value!r}.")


def _model(name: str) -> Any:
    from kserve import models as of_kserve  # noqa: PLC0415 (they take a second to import)
    from kubernetes import client as of_kubernetes  # noqa: PLC0415

    return getattr(of_kserve, name, None) or getattr(of_kubernetes, name)
