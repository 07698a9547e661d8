"""`plan replay`, `simulate` and `validate` on recorded and made-up traffic."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.plan import capacity, command, replay, validate
from loadtest.plan.simulate import Deployment
from loadtest.report import timeline
from tests.loadtest import synthetic
from tests.loadtest.plan.capacities import CAPACITY

TARGET = {"type": "Utilization", "averageUtilization": 20}
METRICS = [{"type": "Resource", "resource": {"name": "cpu", "target": TARGET}}]
IMAGE = synthetic.CLUSTER["images"][0]["id"]  # type: ignore[index]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A synthetic run, whose plan says what the autoscaler looks at."""
    folder = synthetic.folder(tmp_path / "run")
    plan = json.loads((folder / "plan.json").read_text())
    plan["cluster"]["hpa"]["metrics"] = METRICS
    (folder / "plan.json").write_text(json.dumps(plan))
    return folder


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "capacity.json"
    capacity.write(replace(CAPACITY, image=IMAGE), path)
    return path


def test_replay_draws_what_other_settings_would_have_done(
    run: Path, measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["replay", str(run), "--capacity", str(measured), "--target", "60", "--request", "500m", "--max", "10"]
    assert command.run([*words, "--price", "0.04/core-hour"]) == 0
    printed = capsys.readouterr().out
    assert "60 % of 500m, 1 to 10 pods, up to 500 requests/s" in printed
    assert "Cost" in printed
    assert (run / "replay.png").read_bytes().startswith(b"\x89PNG")


def test_replay_without_a_capacity_takes_the_pods_from_the_run(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(["replay", str(run), "--capacity", str(tmp_path / "none.json")]) == 0
    assert "the pods are as this run shows them" in capsys.readouterr().out


def test_run_of_another_model_is_refused(run: Path, measured: Path) -> None:
    capacity.write(replace(CAPACITY, model="digits"), measured)
    with pytest.raises(ValueError, match="is of digits, and the run is of breast_model"):
        replay.deployment(timeline.read(run), measured, 1000)


def test_run_without_a_cluster_is_refused(tmp_path: Path, measured: Path) -> None:
    folder = synthetic.folder(tmp_path / "alone", cluster=None)
    with pytest.raises(ValueError, match="observed no cluster"):
        replay.deployment(timeline.read(folder), measured, 1000)


@pytest.mark.parametrize("words", [["--target", "-5"], ["--min", "5", "--max", "2"]])
def test_impossible_settings_are_refused(run: Path, measured: Path, words: list[str]) -> None:
    with pytest.raises(ValueError, match="at least"):
        command.run(["replay", str(run), "--capacity", str(measured), *words])


def test_simulation_of_a_table_is_drawn(measured: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, chart = tmp_path / "traffic.csv", tmp_path / "chart.png"
    table.write_text("t,requests\n" + "".join(f"{60 * i},{100 * i}\n" for i in range(10)))
    assert command.run(["simulate", str(table), "--capacity", str(measured), "--output", str(chart)]) == 0
    assert "400 simulations" in capsys.readouterr().out
    assert chart.exists()


def test_validation_compares_each_figure_and_writes_the_table(run: Path, measured: Path, tmp_path: Path) -> None:
    document = tmp_path / "planner.md"
    document.write_text("before\n<!-- plan validate -->\nold\n<!-- end of plan validate -->\nafter\n")
    assert command.run(["validate", str(run), "--capacity", str(measured), "--into", str(document)]) == 0
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    for figure in ("capacity", "mean CPU", "pod-seconds", "p95", "first scale-up", "first scale-down"):
        assert f"| {figure}" in text
    assert "predictions kept their aim" in text


def test_figures_of_the_synthetic_run_are_compared(run: Path) -> None:
    # Its load rises at 0:30 and it decides at 0:40; its pods are soon ready, and answer all they get in 2 or 3 ms.
    recorded = timeline.read(run)
    settings = replay.autoscaler_of(recorded)[0]
    found, slow = (
        {one.figure: one for one in validate.compare(recorded, Deployment(settings, pod, 100, 5.0, 12.0))}
        for pod in (CAPACITY.pod.scaled(0.2), CAPACITY.pod.scaled(10))
    )
    assert (found["first scale-up"].recorded, found["first scale-up"].held) == ("0:40", True)
    assert [one["p95, ms"].held for one in (found, slow)] == [True, False]


def test_another_image_is_not_compared(run: Path, measured: Path) -> None:
    capacity.write(CAPACITY, measured)
    capacity.write(replace(CAPACITY, image="sha256:else"), measured)
    with pytest.raises(ValueError, match="another image"):
        command.run(["validate", str(run), "--capacity", str(measured)])
