"""A namespace for KServe's pods, a store that they reach, and a shell whose kubectl stands in for the controller."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT, Cluster
from tests.object_store import object_store

NAMESPACE = "mlserving-kserve"

KUBECTL = """#!/usr/bin/env bash
set -euo pipefail
real() {{ {kubectl} --context {context} --namespace {namespace} "$@"; }}
applied() {{ (cd {root} && .venv/bin/python -m tests.kserve_controller) | real apply -f -; }}
last=${{!#}}
case "$*" in
  "apply -f -") applied ;;
  "apply -f k8s/kserve") awk 'FNR == 1 {{print "---"}} 1' {root}/k8s/kserve/*.yaml | applied ;;
  "apply -f "*) applied <"$3" ;;
  "wait --for condition=Ready "*/*) real rollout status --timeout 120s "deployment/${{last##*/}}-predictor" ;;
  *) real "$@" ;;
esac
"""


@dataclass(frozen=True)
class KServe:
    """Where the commands of the documents run.

    Attributes:
        cluster: The cluster, with the namespace.
        folder: A copy of the project, as far as the commands need it.
        environment: The variables of the shell: those of the store, and the tools.
        store: The folder of the store's buckets.
    """

    cluster: Cluster
    folder: Path
    environment: dict[str, str]
    store: Path

    def run(self, command: str, **changed: str) -> str:
        """Return what a command prints, which must succeed."""
        environment = self.environment | changed
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def port(self, name: str, port: str) -> int:
        """Return the NodePort of an InferenceService."""
        service = self.object(f"service/{name}-nodeport")
        return int(next(found["nodePort"] for found in service["spec"]["ports"] if found["name"] == port))

    def object(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load(self.cluster.run("get", name, "--output", "yaml"))
        return found


@contextmanager
def namespace(cluster: Cluster, enforced: str) -> Iterator[Cluster]:
    """Create the namespace, with a label, and delete it at the end."""
    cluster.run("create", "namespace", NAMESPACE)
    try:
        cluster.run("label", "namespace", NAMESPACE, enforced)
        yield replace(cluster, namespace=NAMESPACE)
    finally:
        cluster.run("delete", "namespace", NAMESPACE)


@contextmanager
def kserve_on(cluster: Cluster, host: str, folder: Path) -> Iterator[KServe]:
    """Run a store where the pods reach it, and prepare the shell.

    Args:
        cluster: The cluster, with the namespace.
        host: The address of the node, which is this machine.
        folder: An empty folder.
    """
    project, tools = folder / "project", folder / "bin"
    shutil.copytree(ROOT / "model", project / "model", ignore=shutil.ignore_patterns("__pycache__"))
    (project / ".venv").symlink_to(Path(sys.executable).parents[1])
    tools.mkdir()
    address = cluster.host.removeprefix("http://").partition(":")[0]
    kubectl = KUBECTL.format(kubectl=cluster.kubectl, context=cluster.context, namespace=cluster.namespace, root=ROOT)
    for name, text in {"kubectl": kubectl, "minikube": f"#!/bin/sh\necho {address}\n"}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    with object_store(folder / "store", host=host) as store:
        path = f"{tools}:{os.environ['PATH']}"
        environment = {**cluster.environment, **store.environment, "PATH": path}
        yield KServe(cluster, project, environment, store.root)
