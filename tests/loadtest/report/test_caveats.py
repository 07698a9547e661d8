from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

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
