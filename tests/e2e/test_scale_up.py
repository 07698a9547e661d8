"""The real autoscaler scales up on a simulated node as docs/planner.md says, to a few pods, and leaves nothing."""

import re
import subprocess

import pytest

from loadtest.plan import scale_up
from loadtest.plan.simulated_node import NAMESPACE, NODE
from tests.conftest import ROOT, Cluster

pytestmark = pytest.mark.cluster
COMMAND = next(
    line for line in (ROOT / "docs/planner.md").read_text().splitlines() if line.startswith("$ scripts/kwok/scale_up")
)
PODS = 2  # more would take longer than 90 s
NOT_MODELLED = 30  # seconds that a busy machine may take longer than the prediction


def left(cluster: Cluster) -> list[str]:
    """Return what is left of the simulated node."""
    names = ("nodes", "namespaces", "leases --namespace kube-node-lease")
    found = [cluster.run("get", *name.split(), "--output", "name") for name in names]
    return [line for line in "\n".join(found).splitlines() if NODE in line or NAMESPACE in line]


def seconds(clock: str) -> int:
    minutes, rest = clock.split(":")
    return 60 * int(minutes) + int(rest)


def test_small_scale_up_is_compared_with_its_prediction_and_leaves_nothing(cluster: Cluster) -> None:
    environment = {**cluster.environment, "CONTEXT": cluster.context}
    command = [str(ROOT / COMMAND.split()[1]), str(PODS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if cluster.context != "mlserving-node":
        assert done.returncode == 2
        return
    assert done.returncode == 0, done.stderr
    assert left(cluster) == []
    recorded = scale_up.read(ROOT / "reports" / "scale_up.csv")
    assert (recorded[0].desired, recorded[-1].desired, recorded[-1].ready) == (1, PODS, PODS)
    row = r"^\| (\d) pods (ready|asked for) \| \S+ \((\S+) to (\S+)\) \| (\S+) \|"
    figures = re.findall(row, done.stdout, re.MULTILINE)
    assert [figure[:2] for figure in figures][-2:] == [(str(PODS), "asked for"), (str(PODS), "ready")]
    for _, _, low, high, seen in figures:
        assert seconds(low) - 1 <= seconds(seen) <= seconds(high) + NOT_MODELLED
