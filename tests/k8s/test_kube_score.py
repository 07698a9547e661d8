"""kube-score finds nothing in the manifests but what they ignore with a reason."""

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.k8s.overlay import rendered
from tests.k8s.test_manifests import ROOT
from tests.monitoring.files import go_program

FOLDERS = ("k8s", "k8s/media-cost", "k8s/locust")
FILES = {folder: sorted((ROOT / folder).glob("*.yaml")) for folder in FOLDERS}
SETS: dict[str, list[dict[str, Any]]] = {
    **{
        folder: [manifest for path in paths for manifest in yaml.safe_load_all(path.read_text())]
        for folder, paths in FILES.items()
    },
    "k8s/tuned": list(rendered(ROOT / "k8s" / "tuned").values()),
}
IGNORE = "kube-score/ignore"
NO_FINDING = 10  # the best grade


def score(manifests: list[dict[str, Any]], *options: str) -> set[tuple[str, str]]:
    """Return (kind, check) of what kube-score finds."""
    done = subprocess.run(
        [go_program("kube-score"), "score", "--kubernetes-version", "v1.36", "--output-format", "json", *options, "-"],
        input=yaml.safe_dump_all(manifests),
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        (scored["type_meta"]["kind"], result["check"]["id"])
        for scored in json.loads(done.stdout)
        for result in scored["checks"]
        if result["grade"] < NO_FINDING and not result["skipped"]
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_every_finding_is_ignored_and_every_ignored_check_has_one(name: str) -> None:
    ignored = {
        (manifest["kind"], check)
        for manifest in SETS[name]
        if IGNORE in manifest["metadata"].get("annotations", {})
        for check in manifest["metadata"]["annotations"][IGNORE].split(",")
    }
    assert score(SETS[name]) == set()
    assert score(SETS[name], "--disable-ignore-checks-annotations") == ignored != set()


def test_a_comment_says_why_a_check_is_ignored() -> None:
    texts = [path.read_text() for paths in FILES.values() for path in paths]
    before = [line for text in texts for line in re.findall(rf"(.*)\n +{IGNORE}: ", text)]
    assert len(before) == sum(text.count(IGNORE) for text in texts)
    assert [line for line in before if not line.lstrip().startswith("# ")] == []
