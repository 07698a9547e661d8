"""k8s/tuned is k8s with the planner's autoscaler, on pods that it holds for, spread over the nodes."""

import re
import shlex
from copy import deepcopy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from loadtest.plan import command
from tests.conftest import ROOT, Cluster
from tests.k8s.overlay import rendered
from tests.k8s.test_manifests import LABELS, MANIFESTS

FOLDER = ROOT / "k8s" / "tuned"
COMMENT = (FOLDER / "kustomization.yaml").read_text().partition("apiVersion")[0]
OBJECTS = rendered(FOLDER)
MAIN = {manifest["kind"]: manifest for manifest in MANIFESTS.values()}
SPEC = OBJECTS["Deployment"]["spec"]["template"]["spec"]
RENDER = ("kustomize", "--load-restrictor", "LoadRestrictionsNone")


@pytest.mark.parametrize("kind", OBJECTS)
def test_each_object_is_valid_and_has_the_name_of_that_in_k8s(kind: str) -> None:
    kubernetes_validate.validate(OBJECTS[kind], "1.36", strict=True)
    for key in ("name", "labels"):
        assert OBJECTS[kind]["metadata"][key] == MAIN[kind]["metadata"][key]
    assert "namespace" not in OBJECTS[kind]["metadata"]


def test_only_the_autoscaler_the_limit_and_the_spread_differ_from_k8s() -> None:
    assert OBJECTS.keys() == MAIN.keys()
    expected: dict[str, Any] = deepcopy(MAIN)
    pod = expected["Deployment"]["spec"]["template"]["spec"]
    pod["topologySpreadConstraints"] = SPEC["topologySpreadConstraints"]
    pod["containers"][0]["resources"]["limits"]["cpu"] = SPEC["containers"][0]["resources"]["limits"]["cpu"]
    expected["HorizontalPodAutoscaler"] = OBJECTS["HorizontalPodAutoscaler"]
    assert expected == OBJECTS


def test_pods_are_spread_over_nodes_but_also_run_on_one() -> None:
    (constraint,) = SPEC["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
    assert constraint["labelSelector"]["matchLabels"] == LABELS


def test_a_node_can_be_drained_while_another_pod_serves() -> None:
    minimum = OBJECTS["HorizontalPodAutoscaler"]["spec"]["minReplicas"]
    assert minimum == 2
    assert OBJECTS["PodDisruptionBudget"]["spec"]["minAvailable"] < minimum


@pytest.mark.slow
def test_the_autoscaler_is_what_the_command_in_the_comment_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (words,) = re.findall(r"-m loadtest plan (size .*?)\n# docs", COMMENT, re.DOTALL)
    size = shlex.split(words.replace("\\\n#", ""))
    assert size[-2:] == ["--output", "k8s/tuned/hpa.yaml"]
    monkeypatch.chdir(ROOT)
    assert command.run([*size[:-1], str(tmp_path / "hpa.yaml")]) == 0
    assert (FOLDER / "hpa.yaml").read_text() == (tmp_path / "hpa.yaml").read_text()
    resources = SPEC["containers"][0]["resources"]
    sizes = f"--requests cpu={resources['requests']['cpu']} --limits cpu={resources['limits']['cpu']}\n"
    assert capsys.readouterr().out.endswith(sizes)
    target = OBJECTS["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"]
    assert f"up to {target} % of their CPU" in COMMENT.replace("\n#", "")


def test_readme_has_the_command_of_the_comment() -> None:
    (by_hand,) = re.findall(r"^#   (kubectl .*)$", COMMENT, re.MULTILINE)
    assert f"$ {by_hand}\n" in (ROOT / "README.md").read_text()
    assert " ".join(RENDER) in by_hand


@pytest.mark.cluster
def test_kubectl_renders_what_is_tested_here_and_the_cluster_accepts_it(cluster: Cluster) -> None:
    printed = cluster.run(*RENDER, str(FOLDER))
    assert {manifest["kind"]: manifest for manifest in yaml.safe_load_all(printed)} == OBJECTS
    cluster.run("apply", "--dry-run=server", "-f", "-", stdin=printed)
