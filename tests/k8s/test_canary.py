"""A canary differs from what serves only where it must, with KServe and without it."""

from copy import deepcopy
from typing import Any

import kubernetes_validate
import pytest
import yaml

from model.inference_service import schema
from tests.conftest import ROOT
from tests.k8s.test_manifests import MANIFESTS
from tests.kserve_controller import FOLDER, reconciled

PLAIN = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((ROOT / "k8s" / "canary").iterdir())}
SERVICE, SCALER = yaml.safe_load_all((FOLDER / "canary" / "digits.yaml").read_text())
CANARY_LABELS = {"app.kubernetes.io/name": "ml-serving", "track": "canary"}


@pytest.mark.parametrize("name", PLAIN)
def test_each_file_is_one_valid_object(name: str) -> None:
    kubernetes_validate.validate(PLAIN[name], "1.36", strict=True)


def test_the_deployment_is_the_stable_one_with_a_name_of_its_own() -> None:
    expected: dict[str, Any] = deepcopy(MANIFESTS["deployment"])
    expected["metadata"] = {"name": "ml-serving-canary", "labels": CANARY_LABELS}
    expected["spec"]["replicas"] = 1
    expected["spec"]["selector"]["matchLabels"] = CANARY_LABELS
    expected["spec"]["template"]["metadata"]["labels"] = CANARY_LABELS
    (container,) = expected["spec"]["template"]["spec"]["containers"]
    container["envFrom"].append({"configMapRef": {"name": "mlserving-canary"}})
    assert PLAIN["deployment"] == expected
    assert PLAIN["configmap"]["metadata"]["name"] == "mlserving-canary"


def test_the_service_and_the_policies_have_the_canarys_pods_too() -> None:
    assert MANIFESTS["service"]["spec"]["selector"].items() <= CANARY_LABELS.items()
    assert MANIFESTS["networkpolicy"]["spec"]["podSelector"]["matchLabels"].items() <= CANARY_LABELS.items()


@pytest.mark.parametrize(("scaler", "stable"), [(PLAIN["hpa"], MANIFESTS["hpa"]), (SCALER, None)])
def test_a_quarter_of_the_pods_are_the_canarys(scaler: dict[str, Any], stable: dict[str, Any] | None) -> None:
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (3, 3)
    if stable:
        assert scaler["metadata"]["name"] == stable["metadata"]["name"], "it takes the place of the other"
        assert scaler["spec"]["scaleTargetRef"] == stable["spec"]["scaleTargetRef"]


def test_kserves_canary_is_what_serves_with_another_model() -> None:
    schema.check(SERVICE)
    schema.check(SCALER)
    shipped, scaler, *_ = yaml.safe_load_all((FOLDER / "shipped-digits.yaml").read_text())
    assert SERVICE["spec"]["predictor"] == shipped["spec"]["predictor"]
    assert SERVICE["metadata"] == shipped["metadata"]
    assert SCALER["metadata"] == scaler["metadata"], "it takes the place of the other"
    (canary,) = SERVICE["spec"]["canary"]
    expected = deepcopy(shipped["spec"]["predictor"]) | {"name": "next"}
    expected["model"]["storageUri"] += "_next"
    assert canary == {"trafficPercent": 25, "predictor": expected}


def test_the_nodeport_has_the_pods_of_both_of_kserves_versions() -> None:
    made = {
        document["metadata"]["name"]: document for document in reconciled([SERVICE]) if document["kind"] != "Service"
    }
    assert made.keys() == {"digits-predictor", "digits-next-predictor"}
    *_, nodeport = yaml.safe_load_all((FOLDER / "shipped-digits.yaml").read_text())
    for deployment in made.values():
        template = deployment["spec"]["template"]
        assert nodeport["spec"]["selector"].items() <= template["metadata"]["labels"].items()
        assert {"name": "MODEL_NAME", "value": "digits"} in template["spec"]["containers"][0]["env"]
    selectors = [deployment["spec"]["selector"]["matchLabels"] for deployment in made.values()]
    assert selectors == [{"app": "isvc.digits-predictor"}, {"app": "isvc.digits-next-predictor"}]
