"""The templates in scripts/aws as plain values, read by the same code as scripts/aws/check uses."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

AWS = ROOT / "scripts" / "aws"
Template = dict[str, Any]


def read(path: Path) -> Template:
    spec = importlib.util.spec_from_file_location("template", AWS / "template.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    template: Template = module.read(path)
    return template


def properties(template: Template, name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by their names."""
    return {key: value["Properties"] for key, value in template["Resources"].items() if value["Type"] == kind}


def container(template: Template, name: str = "server") -> dict[str, Any]:
    """Return a container of the task; of one that depends on a parameter, what it is if it is there."""
    definitions = properties(template, "TaskDefinition")["ContainerDefinitions"]
    found: dict[str, Any]
    (found,) = (each for each in map(_if_true, definitions) if each["Name"] == name)
    return found


def variables(template: Template, name: str = "server") -> dict[str, Any]:
    """Return a container's environment, without what depends on parameters."""
    return {each["Name"]: each["Value"] for each in container(template, name)["Environment"] if "Name" in each}


def conditional_variables(template: Template, condition: str) -> dict[str, str]:
    """Return what the server's environment has only under a condition."""
    choices = (each["Fn::If"] for each in container(template)["Environment"] if "Fn::If" in each)
    return {there["Name"]: there["Value"] for name, there, _ in choices if name == condition}


def _if_true(value: dict[str, Any]) -> dict[str, Any]:
    there: dict[str, Any] = value["Fn::If"][1] if "Fn::If" in value else value
    return there


def attributes(of: dict[str, Any], key: str) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in of[key]}


def widgets(template: Template) -> Iterator[dict[str, Any]]:
    """Yield the widgets of all dashboards."""
    for dashboard in of_type(template, "AWS::CloudWatch::Dashboard").values():
        for widget in substituted(dashboard["DashboardBody"])["widgets"]:
            yield widget["properties"]


def substituted(text: dict[str, str]) -> Any:
    """Return the JSON in a !Sub, with the names of what it refers to in place of their values."""
    return json.loads(re.sub(r"\$\{(.*?)\}", r"\1", text["Fn::Sub"]))
