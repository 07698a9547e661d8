from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtest.format import number
from loadtest.report import caveats, timeline
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def test_unobserved_seconds_are_listed(tmp_path: Path) -> None:
    def line(t: int) -> dict[str, Any]:
        missing = t in {70, 71, 72, 100}
        return {"t": synthetic.ZERO + t, "missing": "timed out"} if missing else synthetic.cluster_line(t)

    found = caveats.list_caveats(timeline.read(synthetic.folder(tmp_path, cluster=line)))
    assert "The cluster could not be observed for 4 seconds (1:10–1:12 and 1:40); the chart shows gaps there." in found


@pytest.mark.parametrize(
    ("used", "doubted"),
    [
        ({"generator_cpu": 0.3, "late_ms": 3.0, "machine_busy": 0.8}, False),
        ({"generator_cpu": 0.3, "late_ms": 3.0, "machine_busy": None}, False),
        ({"generator_cpu": 0.97}, True),
        ({"late_ms": 80.0}, True),
        ({"machine_busy": 1.0}, True),
    ],
)
def test_load_generator_short_of_cpu_is_pointed_out(tmp_path: Path, used: dict[str, Any], *, doubted: bool) -> None:
    def busy(t: int, shape: Shape) -> LoadSecond:
        return replace(synthetic.load_second(t, shape), **used)

    found = " ".join(caveats.list_caveats(timeline.read(synthetic.folder(tmp_path, load=busy))))
    assert ("short of CPU" in found) is doubted


def test_cpu_of_several_processes_is_said_to_be_that_of_the_busiest(tmp_path: Path) -> None:
    run = timeline.read(synthetic.folder(tmp_path))
    assert any(text.startswith("The load generator used 0.2 of a core") for text in caveats.list_caveats(run))
    found = caveats.list_caveats(replace(run, plan={**run.plan, "workers": 3}))
    assert any("had 3 workers, and its busiest process used 0.2 of a core" in text for text in found)


@pytest.mark.parametrize(("more", "agrees"), [(0, True), (9, True), (400, False), (-400, False)])
def test_what_prometheus_counted_is_compared_with_what_was_sent(tmp_path: Path, more: int, *, agrees: bool) -> None:
    run = timeline.read(synthetic.folder(tmp_path))
    sent = sum(second.load.sent for second in run.loaded if second.load is not None)
    plan = {**run.plan, "prometheus": {"requests": sent + more, "errors": 2}}
    (found,) = [text for text in caveats.list_caveats(replace(run, plan=plan)) if "Prometheus" in text]
    assert f"counted {number(sent + more)} requests, 2 of them" in found
    assert ("the same as the users" in found) is agrees


def test_open_run_is_not_said_to_wait_for_responses(tmp_path: Path) -> None:
    run = timeline.read(synthetic.folder(tmp_path))
    assert any("waits for a response" in text for text in caveats.list_caveats(run))
    found = caveats.list_caveats(replace(run, plan={**run.plan, "open": "constant"}))
    assert not any("waits for a response" in text for text in found)
    assert any("sent by schedule" in text for text in found)
