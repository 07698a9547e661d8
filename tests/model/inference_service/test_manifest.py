"""The InferenceService that is written, and the names and addresses that are refused."""

from typing import Any

import pytest
import yaml

from model.inference_service.manifest import LONGEST_NAME, manifest
from model.manifest import BundleError
from model.store import address

DIGEST = "0123456789abcdef" * 4
PODS = {"serving.kserve.io/inferenceservice": "mine", "component": "predictor"}


def objects(name: str, uri: str) -> dict[str, dict[str, Any]]:
    documents = yaml.safe_load_all(manifest(name, address.parse(uri)))
    return {document["kind"]: document for document in documents}


def test_objects_belong_to_one_inference_service() -> None:
    found = objects("mine", "s3://bucket/mine")
    assert {kind: document["metadata"]["name"] for kind, document in found.items()} == {
        "InferenceService": "mine",
        "HorizontalPodAutoscaler": "mine",
        "PodDisruptionBudget": "mine",
        "Service": "mine-nodeport",
    }
    assert {document["metadata"]["labels"]["app.kubernetes.io/name"] for document in found.values()} == {
        "mlserving-kserve"
    }
    assert found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "mine-predictor"
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == PODS
    assert found["Service"]["spec"]["selector"] == PODS
    model = found["InferenceService"]["spec"]["predictor"]["model"]
    assert model["storageUri"] == "s3://bucket/mine"


@pytest.mark.parametrize(("uri", "digest"), [("s3://b/mine", ""), (f"s3://b/mine/{DIGEST}/", DIGEST)])
def test_digest_at_the_end_of_the_address_is_the_only_one_served(uri: str, digest: str) -> None:
    model = objects("mine", uri)["InferenceService"]["spec"]["predictor"]["model"]
    assert model["env"] == [{"name": "MODEL_DIGEST", "value": digest}]


@pytest.mark.parametrize("name", ["a", "a1-b", "null", "on", "a" * LONGEST_NAME])
def test_name_is_kept_as_text(name: str) -> None:
    found = objects(name, "s3://b/m:")
    assert found["InferenceService"]["metadata"]["name"] == name
    assert found["Service"]["spec"]["selector"]["serving.kserve.io/inferenceservice"] == name
    assert found["InferenceService"]["spec"]["predictor"]["model"]["storageUri"] == "s3://b/m:"


@pytest.mark.parametrize(
    ("name", "uri", "sentence"),
    [
        ("", "s3://b/m", "cannot name an InferenceService ''"),
        ("My_model", "s3://b/m", "cannot name an InferenceService 'My_model'"),
        ("breast_model", "s3://b/m", "cannot name"),
        ("1st", "s3://b/m", "cannot name"),
        ("mine-", "s3://b/m", "cannot name"),
        ("a.b", "s3://b/m", "cannot name"),
        ("mine\n", "s3://b/m", "cannot name"),
        ("a" * (LONGEST_NAME + 1), "s3://b/m", "Use 1 to 53"),
        ("batch", "s3://b/m", "/predict/batch is a path of its own"),
        ("img", "s3://b/m", "/predict/img"),
        ("mine", "https://h/m", "from s3:// only"),
        ("mine", "gs://b/m", "from s3:// only"),
        ("mine", 's3://b/"m', "not a plain address"),
        ("mine", "s3://b/m\\", "not a plain address"),
        ("mine", "s3://b/é", "not a plain address"),
    ],
)
def test_name_or_address_that_kserve_or_the_server_would_refuse(name: str, uri: str, sentence: str) -> None:
    with pytest.raises(BundleError) as caught:
        manifest(name, address.parse(uri))
    assert sentence in str(caught.value)
