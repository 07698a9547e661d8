"""The files of k8s/monitoring, and the programs that read them."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

FOLDER = ROOT / "k8s" / "monitoring"
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "rules.yaml").read_text())
ALL_RULES: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in ALL_RULES if "alert" in rule}
DASHBOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))
}
OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    (manifest["kind"], manifest["metadata"]["name"]): manifest
    for path in (*FOLDER.glob("*.yaml"), FOLDER / "grafana" / "grafana.yaml")
    for manifest in yaml.safe_load_all(path.read_text())
    if "metadata" in manifest
}


@cache
def go_program(name: str) -> Path:
    """Return the path of a program, which is compiled if it was not before."""
    done = subprocess.run([ROOT / "scripts" / "go_program", name], stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([go_program("promtool"), *arguments], capture_output=True, text=True, check=False)


def expressions(dashboard: dict[str, Any]) -> dict[str, str]:
    """Return the queries of a dashboard by the titles of their panels, with the macros of Grafana replaced."""
    targets = [(panel["title"], target) for panel in dashboard["panels"] for target in panel["targets"]]
    annotations = [(entry["name"], entry) for entry in dashboard["annotations"]["list"]]
    return {
        f"{title} {target.get('refId', '')}".strip(): target["expr"].replace("$__rate_interval", "1m")
        for title, target in (*targets, *annotations)
    }


def with_variables(expression: str, **values: str) -> str:
    return re.sub(r"\$(\w+)", lambda match: values[match[1]], expression)
