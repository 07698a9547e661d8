"""The recorder in a pod may read what it reads, and nothing else."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from kubernetes import client

from loadtest.cluster import preflight, prometheus
from loadtest.cluster.record import Recorder
from loadtest.pods.kubectl import NAME
from tests.k8s.test_locust import OBJECTS, TEMPLATES
from tests.loadtest.plan.small_cluster import SmallCluster, small_cluster


def test_the_role_allows_what_the_recorder_reads_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []

    def objects(cluster: SmallCluster, path: str, original: Any = SmallCluster.objects) -> Any:
        paths.append(urlsplit(path).path)
        if "/proxy/" in path:
            return {"data": {"result": []}}
        return {"items": []} if "metrics.k8s.io" in path else original(cluster, path)

    monkeypatch.setattr(SmallCluster, "objects", objects)
    with small_cluster() as cluster:
        recorder = Recorder(client.ApiClient(client.Configuration(host=cluster.api)), "default")
        recorder.find()
        preflight.describe_cluster(recorder)
        assert "missing" not in recorder.observe(time.time())
        prometheus.counted(recorder, time.time())
    # The nodes belong to no namespace: the recorder does without them if it may not read them.
    read = {resource_of(path) for path in paths if not path.endswith("/nodes")}
    role = OBJECTS["Role", NAME]
    allowed = {
        (group, resource, verb, name)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [None])
    }
    assert allowed == read
    binding = OBJECTS["RoleBinding", NAME]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": TEMPLATES["master"]["spec"]["serviceAccountName"]}
    ]


def resource_of(path: str) -> tuple[str, str, str, str | None]:
    """Return group, resource, verb and, where the Role names one object, its name."""
    found = re.match(r"/apis?/(?:([a-z0-9.]+)/)?v\w+/namespaces/default/(\w+)(?:/([^/]+))?(?:/(proxy))?", path)
    assert found, path
    group, resource, name, proxy = found.groups()
    return group or "", f"{resource}/{proxy}" if proxy else resource, "get" if name else "list", name if proxy else None
