"""k8s/saturate changes what it names, and nothing else of the deployment and its autoscaler."""

import re
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.k8s.test_manifests import MANIFESTS

FOLDER = ROOT / "k8s" / "saturate"
SIDES = {name: yaml.safe_load((FOLDER / name / "kustomization.yaml").read_text()) for name in ("on", "off")}


def patches(name: str) -> dict[str, list[dict[str, Any]]]:
    return {patch["target"]["kind"]: yaml.safe_load(patch["patch"]) for patch in SIDES[name]["patches"]}


def test_the_folders_take_the_deployment_and_its_autoscaler() -> None:
    assert [(FOLDER / "on" / path).resolve().name for path in SIDES["on"]["resources"]] == [
        "deployment.yaml",
        "hpa.yaml",
    ]
    assert (FOLDER / "off" / SIDES["off"]["resources"][0]).resolve() == FOLDER / "on"


def test_patched_values_are_those_of_the_manifests() -> None:
    """A JSON patch that replaces what is not there fails only on a cluster."""
    for name in SIDES:
        for kind, operations in patches(name).items():
            manifest = MANIFESTS["deployment" if kind == "Deployment" else "hpa"]
            for operation in operations:
                assert operation["op"] == "replace"
                found: Any = manifest
                for key in operation["path"].split("/")[1:]:
                    found = found[int(key)] if key.isdigit() else found[key]
                assert type(found) is type(operation["value"])
                assert found != operation["value"]


@pytest.mark.parametrize(("name", "most"), [("on", 5), ("off", 1)])
def test_the_autoscaler_may_run_five_pods_or_one(name: str, most: int) -> None:
    ((operation,),) = (operations for kind, operations in patches(name).items() if kind == "HorizontalPodAutoscaler")
    assert operation["value"] == most


def test_a_pod_gets_no_more_than_it_requests() -> None:
    (operation,) = patches("on")["Deployment"]
    (container,) = MANIFESTS["deployment"]["spec"]["template"]["spec"]["containers"]
    assert operation["value"] == container["resources"]["requests"]["cpu"]


def test_the_command_in_the_comment_is_what_make_load_runs() -> None:
    comment = (FOLDER / "on" / "kustomization.yaml").read_text()
    (by_hand,) = re.findall(r"kubectl kustomize --load-restrictor \w+", comment)
    assert by_hand in (ROOT / "scripts" / "load").read_text()
