"""Run an experiment in pods of the cluster, for a load that this machine cannot make, and fetch its run folder.

The pods are those of k8s/locust: a master, which runs `python -m loadtest` with the recorder, and workers, which have
the users. They exist for one experiment.
"""

import argparse
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from loadtest.cluster import preflight
from loadtest.experiment import write_plan
from loadtest.locust_process import PORT
from loadtest.pods import master
from loadtest.pods.kubectl import FOLDER, LABEL, NAME, Kubectl
from loadtest.report import write
from loadtest.shapes import Shape
from loadtest.users.models import CannotRunError

WORKERS = f"{NAME}-workers"
TRAFFIC = PurePosixPath("traffic")  # where the master finds the table of recorded traffic
HELP = (
    "run the load generator in the cluster, with this many pods that share the users; --host is then the address "
    "there, such as http://ml-serving-service:8000. scripts/image/build loadtest makes the image of these pods"
)


def run(options: argparse.Namespace, shape: Shape, words: list[str]) -> int:
    """Run the experiment and return its exit status.

    Args:
        options: The parsed command line.
        shape: The load.
        words: The command line, which the master gets too, without what concerns this machine.

    Raises:
        CannotRunError: The pods cannot make this load, could not be started, or were lost.
    """
    kubectl = Kubectl(options.context, options.namespace)
    if shape.faults:
        raise CannotRunError("Faults are injected from outside the cluster. Leave out --pods, or the faults.")
    if kubectl.run("get", "jobs", "--selector", LABEL, "--output", "name"):
        raise CannotRunError(
            f"A load runs in pods of namespace {options.namespace} already, or was left there. Wait for it, or remove "
            "it: kubectl delete -f k8s/locust"
        )
    table = Path(options.shape) if shape.traffic else None
    experiment, others = manifests(options.pods, arguments(words, options.shape), table)
    with deleted_afterwards(kubectl):
        kubectl.run("create", "-f", "-", stdin=yaml.safe_dump_all(others))
        kubectl.wait_until_started("worker", options.pods)
        kubectl.run("create", "-f", "-", stdin=yaml.safe_dump(experiment))
        kubectl.wait_until_started(master.COMPONENT, 1)
        status = master.follow(kubectl)
        folder = master.fetch(kubectl, options.output)
    if folder is not None:
        describe(folder)
    return status


def describe(folder: Path) -> None:
    """Put this machine's command and revision into the plan and the report: the pod had only a copy of the code."""
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    write_plan(folder, plan | preflight.source())
    if (folder / "report.html").exists():
        write.write(folder)


def arguments(words: list[str], shape: str) -> list[str]:
    """Return the words that mean something in the pod, where a table of traffic has another path."""
    here = argparse.ArgumentParser(add_help=False)
    for name in ("--pods", "--context", "--output", "--shape"):
        here.add_argument(name)
    path = str(TRAFFIC / Path(shape).name) if shape.endswith(".csv") else shape
    return ["--shape", path, *here.parse_known_args(words)[1]]


def manifests(count: int, words: list[str], table: Path | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the Job of the master, and everything else of k8s/locust.

    Args:
        count: How many workers there are.
        words: The command line of the master.
        table: The table of recorded traffic that it sends, if it sends one.
    """
    objects = [found for path in sorted(FOLDER.glob("*.yaml")) for found in yaml.safe_load_all(path.read_text())]
    named = {(found["kind"], found["metadata"]["name"]): found for found in objects}
    named["Job", WORKERS]["spec"] |= {"parallelism": count, "completions": count}
    experiment = named["Job", master.JOB]
    container = experiment["spec"]["template"]["spec"]["containers"][0]
    container["args"] = [*words, "--workers", f"{count}@{PORT}"]
    if table is not None:
        named["ConfigMap", NAME]["data"][table.name] = table.read_text(encoding="utf-8")
    return experiment, [found for found in objects if found is not experiment]


@contextmanager
def deleted_afterwards(kubectl: Kubectl) -> Iterator[None]:
    """Delete everything of k8s/locust at the end, whatever happens, and wait until the pods have gone."""
    master.handle(signal.default_int_handler)
    try:
        yield
    finally:
        master.handle(signal.SIG_IGN)
        kubectl.run("delete", "-f", str(FOLDER), "--ignore-not-found", "--cascade=foreground")
        master.handle(signal.default_int_handler)
