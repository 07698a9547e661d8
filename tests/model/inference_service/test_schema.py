"""What KServe's models do not know, or know otherwise, is refused with its place."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from model.inference_service import schema
from model.inference_service.manifest import manifest
from model.manifest import BundleError
from model.store.address import Address

Change = Callable[[dict[str, Any]], object]

OBJECTS = {document["kind"]: document for document in yaml.safe_load_all(manifest("mine", Address("s3://b/m")))}


def predictor(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["spec"]["predictor"]
    return found


def canary(document: dict[str, Any]) -> dict[str, Any]:
    """Add a canary and return it."""
    found = {"trafficPercent": 25, "predictor": predictor(document) | {"name": "next"}}
    document["spec"]["canary"] = [found]
    schema.check(document)
    return found


FAULTS: dict[str, tuple[Change, str]] = {
    "unknown field": (
        lambda found: predictor(found).update(replicas=1),
        "spec.predictor has no field",
    ),
    "unknown in Kubernetes": (
        lambda found: predictor(found)["securityContext"].update(runAsRoot=True),
        "securityContext has no field 'runAsRoot'",
    ),
    "unknown in a list": (
        lambda found: predictor(found)["model"]["env"][0].update(vale=""),
        "env[0] has no field 'vale'",
    ),
    "number for text": (
        lambda found: predictor(found)["model"]["env"][0].update(value=1),
        "env[0].value must be of the type str, not 1",
    ),
    "text for number": (
        lambda found: predictor(found).update(terminationGracePeriodSeconds="35"),
        "terminationGracePeriodSeconds must be of the type int",
    ),
    "boolean for number": (lambda found: predictor(found).update(minReplicas=True), "must be of the type int"),
    "boolean as a value of a mapping": (
        lambda found: found["metadata"]["annotations"].update(external=True),
        "InferenceService.metadata.annotations.external must be",
    ),
    "mapping for list": (lambda found: predictor(found)["model"].update(env={}), "env must be a list"),
    "list for mapping": (lambda found: found.update(spec=[]), "spec must be a mapping"),
    "missing field": (lambda found: predictor(found)["model"].pop("modelFormat"), "model is invalid"),
    "no name": (lambda found: found["metadata"].pop("name"), "InferenceService.metadata has no name"),
    "no metadata": (lambda found: found.pop("metadata"), "InferenceService.metadata has no name"),
    "ignored field": (lambda found: predictor(found).update(canaryTrafficPercent=10), "Use spec.canary instead"),
    "ignored field of a canary": (
        lambda found: canary(found)["predictor"].update(canaryTrafficPercent=10),
        "Use spec.canary instead",
    ),
    "nameless canary": (lambda found: canary(found)["predictor"].pop("name"), "canary needs a name"),
    "unknown field of a canary": (lambda found: canary(found).update(traffic=10), "canary[0] has no field 'traffic'"),
    "unknown kind": (lambda found: found.update(kind="Inference"), "is none of the objects"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_found(fault: str) -> None:
    change, sentence = FAULTS[fault]
    document = copy.deepcopy(OBJECTS["InferenceService"])
    schema.check(document)
    change(document)
    with pytest.raises(BundleError) as caught:
        schema.check(document)
    assert sentence in str(caught.value)


def test_a_document_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(BundleError):
        schema.check(None)
