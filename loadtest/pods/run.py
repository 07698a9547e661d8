"""Run an experiment in pods of the cluster, for a load that this machine cannot make, and fetch its run folder.

The pods are those of k8s/locust: a master, which runs `python -m loadtest` with the recorder, and workers, which have
the users. They exist for one experiment.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from loadtest.cluster import preflight
from loadtest.cluster.record import NAMESPACE
from loadtest.experiment import explain_interrupt, link_latest, write_plan
from loadtest.locust_process import PORT
from loadtest.pods import master
from loadtest.pods.kubectl import FOLDER, LABEL, NAME, Kubectl
from loadtest.report import write
from loadtest.shapes import Shape
from loadtest.users.models import CannotRunError

WORKERS = f"{NAME}-workers"
TRAFFIC = PurePosixPath("traffic")  # where the master finds the table of recorded traffic
TABLE_KEY = "traffic.csv"  # in the ConfigMap, whose keys may not be any name that a file can have
LONGEST = 24 * 3600  # seconds; the reports volume of k8s/locust/master.yaml is full after about two days
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
    namespace = options.namespace or NAMESPACE
    kubectl = Kubectl(options.context, namespace)
    if shape.faults:
        raise CannotRunError("Pods cannot inject faults. Leave out --pods, or the faults.")
    if shape.duration > LONGEST:
        raise CannotRunError("A load from pods lasts at most a day. Leave out --pods, or make it shorter.")
    if kubectl.run("get", "jobs", "--selector", LABEL, "--output", "name"):
        raise CannotRunError(
            f"A load runs in pods of namespace {namespace} already, or was left there. Wait for it, or remove it: "
            f"{kubectl.shown('delete', '-f', str(FOLDER))}"
        )
    table = Path(options.shape) if shape.traffic else None
    experiment, others = manifests(options.pods, arguments(words, options.shape, namespace), table)
    with deleted_afterwards(kubectl):
        kubectl.run("create", "-f", "-", stdin=yaml.safe_dump_all(others))
        kubectl.wait_until_started("worker", options.pods)
        kubectl.run("create", "-f", "-", stdin=yaml.safe_dump(experiment))
        kubectl.wait_until_started(master.COMPONENT, 1)
        status = master.follow(kubectl)
        folder = master.fetch(kubectl, options.output)
    if folder is not None:
        describe(folder)
    elif status != master.COULD_NOT_RUN:
        raise CannotRunError("The experiment ended, but there is no run folder in its pod.")
    return status


def describe(folder: Path) -> None:
    """Put this machine's command and revision into the plan and the report: the pod had only a copy of the code."""
    try:
        plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        write_plan(folder, plan | preflight.source())
        if (report := folder / "report.html").exists():
            write.write(folder)
            link_latest(folder.parent, folder)
            print(f"The report is here: {report}")
    except KeyboardInterrupt:
        raise CannotRunError(explain_interrupt(folder)) from None


def arguments(words: list[str], shape: str, namespace: str) -> list[str]:
    """Return the words that mean something in the pod, where a table of traffic has another path.

    The namespace is always among them: who names one wants its autoscaler to be observed.
    """
    here = argparse.ArgumentParser(add_help=False)
    for name in ("--pods", "--context", "--output", "--shape", "--namespace"):
        here.add_argument(name)
    path = str(TRAFFIC / Path(shape).name) if shape.endswith(".csv") else shape
    return ["--shape", path, *here.parse_known_args(words)[1], "--namespace", namespace]


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
    spec = experiment["spec"]["template"]["spec"]
    spec["containers"][0]["args"] = [*words, "--workers", f"{count}@{PORT}"]
    if table is not None:
        named["ConfigMap", NAME]["data"][TABLE_KEY] = table.read_text(encoding="utf-8")
        (volume,) = [found for found in spec["volumes"] if "configMap" in found]
        volume["configMap"]["items"] = [{"key": TABLE_KEY, "path": table.name}]
    return experiment, [found for found in objects if found is not experiment]


@contextmanager
def deleted_afterwards(kubectl: Kubectl) -> Iterator[None]:
    """Delete everything of k8s/locust at the end, whatever happens, and wait until the pods have gone.

    What cannot be deleted is named, but changes nothing about the result.
    """
    delete = ("delete", "-f", str(FOLDER), "--ignore-not-found", "--cascade=foreground", "--timeout=120s")
    master.handle(signal.default_int_handler)
    try:
        yield
    finally:
        master.handle(signal.SIG_IGN)
        try:
            kubectl.run(*delete)
        except CannotRunError as error:
            print(f"{error}\nLeft in the cluster: {kubectl.left()}.", file=sys.stderr)
            print(f"To remove it: {kubectl.shown(*delete)}", file=sys.stderr)
        finally:
            master.handle(signal.default_int_handler)
