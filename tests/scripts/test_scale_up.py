"""scripts/kwok/scale_up leaves every cluster alone that is not the built-in node, and simulates measured pods."""

import re

import pytest
import yaml

from loadtest.plan import capacity
from loadtest.plan.autoscaler import DOWN, UP, from_spec
from loadtest.plan.simulated_node import CPU, NAMESPACE, NODE
from tests.conftest import ROOT
from tests.scripts.conftest import Sandbox

FOLDER = ROOT / "scripts" / "kwok"
CAPACITY = capacity.read(ROOT / "docs" / "capacity.json")
OBJECTS = {one["kind"]: one for one in yaml.safe_load_all(re.sub(r"@\w+@", "7", (FOLDER / "cluster.yaml").read_text()))}


def test_another_cluster_is_left_alone(sandbox: Sandbox) -> None:
    sandbox.tool("kubectl", {"'config view'*": "team|https://10.0.0.1||models", "*'get nodes'*": "10.1.2.3"})
    done = sandbox.script("kwok/scale_up", CONTEXT="team")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("scale_up: team is left alone")
    assert not [line for line in sandbox.commands() if re.search(" (apply|create|delete|annotate) ", line)]


@pytest.mark.parametrize("pods", ["1", "0", "-5", "10000", "many", ""])
def test_impossible_number_of_pods_is_refused_before_a_cluster_is_looked_for(sandbox: Sandbox, pods: str) -> None:
    done = sandbox.script("kwok/scale_up", pods or " ")
    assert done.returncode == 2
    assert done.stderr.startswith("scale_up: PODS is a number from 2 to 9999")
    assert sandbox.commands() == []


def test_simulated_pods_are_as_the_measured_one() -> None:
    stages = {one["metadata"]["name"]: one["spec"] for one in yaml.safe_load_all((FOLDER / "kwok.yaml").read_text())}
    assert stages["pod-ready"]["delay"]["durationMilliseconds"] == 1000 * CAPACITY.start_s
    resources = OBJECTS["Deployment"]["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources == {"requests": {"cpu": f"{CAPACITY.request}m"}, "limits": {"cpu": f"{CAPACITY.limit}m"}}


def test_load_keeps_the_autoscaler_asking_until_all_pods_are_there() -> None:
    settings = from_spec(OBJECTS["HorizontalPodAutoscaler"]["spec"])
    found = re.search(r"^rate_per_pod=(\d+)", (FOLDER / "scale_up").read_text(), re.MULTILINE)
    assert found
    assert CAPACITY.pod.cpu(float(found[1])) > 1.1 * settings.target / 100 * CAPACITY.request
    assert f"--target {settings.target} " in (FOLDER / "scale_up").read_text()
    assert (settings.minimum, settings.up, settings.down) == (1, UP, DOWN)


def test_names_agree_with_what_the_recorder_looks_for() -> None:
    assert (OBJECTS["Namespace"]["metadata"]["name"], OBJECTS["Node"]["metadata"]["name"]) == (NAMESPACE, NODE)
    scaled = OBJECTS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"]
    assert scaled == OBJECTS["Deployment"]["metadata"]["name"]
    assert CPU in OBJECTS["Node"]["metadata"]["annotations"]
    assert CPU in (FOLDER / "kwok.yaml").read_text()
