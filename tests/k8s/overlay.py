"""Reads a kustomization as kubectl does, without kubectl; tests/k8s/test_tuned.py compares the two on a cluster."""

from pathlib import Path
from typing import Any

import yaml


def rendered(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the objects of a kustomization by their kind, with its JSON patches applied."""
    content = yaml.safe_load((folder / "kustomization.yaml").read_text())
    read = [yaml.safe_load((folder / path).read_text()) for path in content["resources"]]
    objects = {manifest["kind"]: manifest for manifest in read}
    for patch in content["patches"]:
        for operation in yaml.safe_load(patch["patch"]):
            apply(objects[patch["target"]["kind"]], **operation)
    return objects


def apply(found: Any, op: str, path: str, value: Any) -> None:
    """Replace a value, or add a key. As in a JSON patch, what is replaced must exist."""
    *parents, last = path.split("/")[1:]
    for key in parents:
        found = found[int(key)] if isinstance(found, list) else found[key]
    assert isinstance(found, dict)
    assert op in ("replace", "add")
    assert (last in found) == (op == "replace"), path
    found[last] = value
