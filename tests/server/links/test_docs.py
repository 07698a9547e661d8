import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from server.settings import from_environment

ROOT = Path(__file__).parents[3]


def patched(kind: str, file: str) -> dict[str, Any]:
    """Return the manifest with the patch from docs/links.md applied."""
    text = (ROOT / "docs" / "links.md").read_text()
    (patch,) = re.findall(rf"kubectl patch {kind} .*?--patch '(.*?)'\n", text, re.DOTALL)
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "k8s" / file).read_text())
    for section, fields in json.loads(patch).items():
        manifest[section] |= fields
    kubernetes_validate.validate(manifest, "1.36", strict=True)
    return manifest


def test_links_are_off_until_the_configmap_is_patched() -> None:
    data = yaml.safe_load((ROOT / "k8s" / "configmap.yaml").read_text())["data"]
    assert data["IMAGE_HOSTS"] == ""
    assert ("media.example.com", 8443) in from_environment(patched("configmap", "configmap.yaml")["data"]).image_hosts


def test_the_patched_policy_keeps_cluster_networks_closed() -> None:
    names, hosts = patched("networkpolicy", "networkpolicy.yaml")["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert {port["port"] for port in hosts["ports"]} == {80, 443}
    assert "10.0.0.0/8" in hosts["to"][0]["ipBlock"]["except"]
