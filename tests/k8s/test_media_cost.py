"""The deployment of the media-cost model: as the main one in everything but names, ports and the model."""

import json
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from model import catalog
from server.settings import from_environment
from tests.k8s.test_manifests import MANIFESTS as MAIN
from tests.k8s.test_manifests import ROOT

FILES = sorted((ROOT / "k8s" / "media-cost").glob("*.yaml"))
MANIFESTS: dict[str, dict[str, Any]] = {path.stem: yaml.safe_load(path.read_text()) for path in FILES}
SETTINGS = from_environment(MANIFESTS["configmap"]["data"])


def renamed(manifest: dict[str, Any]) -> Any:
    """Return a manifest of the main deployment under the names of this one."""
    text = json.dumps(manifest).replace("ml-serving", "media-cost").replace("mlserving-configs", "media-cost-configs")
    return json.loads(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_is_one_valid_object_of_the_core_api(path: Path) -> None:
    (manifest,) = yaml.safe_load_all(path.read_text())
    kubernetes_validate.validate(manifest, "1.36", strict=True)
    assert manifest["metadata"] == renamed(MAIN[path.stem]["metadata"])


def test_there_is_a_manifest_for_each_of_the_main_deployment() -> None:
    assert MANIFESTS.keys() == MAIN.keys()


@pytest.mark.parametrize("name", ["hpa", "networkpolicy", "pdb"])
def test_it_scales_and_is_protected_as_the_main_deployment(name: str) -> None:
    assert MANIFESTS[name] == renamed(MAIN[name])


def test_its_pods_are_hardened_as_the_main_ones_and_differ_in_their_ports_alone() -> None:
    expected = renamed(MAIN["deployment"])
    ports = [{"name": "http", "containerPort": 9696}, {"name": "metrics", "containerPort": 8000}]
    expected["spec"]["template"]["spec"]["containers"][0]["ports"] = ports
    assert MANIFESTS["deployment"] == expected


def test_the_service_is_on_port_9696_and_nodeport_30002() -> None:
    expected = renamed(MAIN["service"])
    expected["spec"]["ports"] = [{"name": "http", "port": 9696, "targetPort": "http", "nodePort": 30002}]
    assert MANIFESTS["service"] == expected


def test_the_configmap_serves_media_cost_alone_on_these_ports() -> None:
    assert SETTINGS.models == (("media_cost", Path("/app") / catalog.BUNDLES / "media_cost"),)
    assert (SETTINGS.port, SETTINGS.metrics_port) == (9696, 8000)
    assert MANIFESTS["configmap"]["data"].keys() - {"PORT"} <= MAIN["configmap"]["data"].keys()
