"""The figures that other programs read, of the synthetic run, for which each is known."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtest.report import scaling, summary, timeline, verdict, write
from loadtest.report.page import Headline, headlines
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def summary_of(run: timeline.Run) -> dict[str, Any]:
    found = scaling.analyse(run)
    return summary.summarize(run, found, verdict.judge(run, found))


def summarized(path: Path, **options: Any) -> dict[str, Any]:
    return summary_of(timeline.read(synthetic.folder(path, **options)))


def test_keys_match_the_module_documentation(tmp_path: Path) -> None:
    lines = (summary.__doc__ or "").splitlines()
    described = [line.split()[0] for line in lines if line.startswith("    ") and line[4] != " "]
    assert list(summarized(tmp_path)) == described


def test_scaling_and_cost(tmp_path: Path) -> None:
    found = summarized(tmp_path)
    up, down = found["scaling"].pop("decisions")
    assert found["scaling"] == {
        "step_s": 30,
        "decision_after_s": 10,
        "ready_after_s": 12,
        "peak_replicas": 3,
        "peak_after_s": 22,
        "broken_s": None,
        "held_again_after_s": None,
        "minimum_after_s": 75,
    }
    assert up == {"t_s": 40, "before": 1, "after": 3, "cpu_percent": 200, "target_percent": 20, "done_s": 52}
    assert (down["t_s"], down["before"], down["after"], down["done_s"]) == (160, 3, 1, 165)
    assert found["cost"]["pod_seconds"] == 180 + 2 * 125
    assert found["cost"]["at_maximum_pod_seconds"] == 540


def test_run_without_a_scale_up_has_no_scaling_times(tmp_path: Path) -> None:
    found = summarized(tmp_path, cluster=lambda t: synthetic.cluster_line(0) | {"t": synthetic.ZERO + t})["scaling"]
    assert {name for name, value in found.items() if value is None} == {
        *("decision_after_s", "ready_after_s", "peak_after_s", "broken_s", "held_again_after_s", "minimum_after_s")
    }


def test_slow_second_of_the_scale_up_is_reported(tmp_path: Path) -> None:
    def slow(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(50 if t == 41 else 0):
            second.count_correct(400.0, "pod-0")
        return second

    found = summarized(tmp_path, load=slow)["scaling"]
    assert (found["broken_s"], found["held_again_after_s"]) == (41, 12)


def test_older_run_without_models_used_the_tabular_model(tmp_path: Path) -> None:
    assert summarized(tmp_path)["models"] == {"breast_model": 1}
    plan = json.loads((tmp_path / "plan.json").read_text())
    (tmp_path / "plan.json").write_text(json.dumps({name: plan[name] for name in plan if name != "models"}))
    assert summary_of(timeline.read(tmp_path))["models"] == {"breast_model": 1}


def test_requests_and_stages(tmp_path: Path) -> None:
    def bad(t: int, shape: Shape) -> LoadSecond:
        second = synthetic.load_second(t, shape)
        for _ in range(3 if t == 95 else 0):
            second.count_failed("status 500", "pod-0")
        return second

    found = summarized(tmp_path, load=bad)
    assert found["requests"] == {
        "sent": 33303,
        "right": 33300,
        "failed": 3,
        "lost": 0,
        "refused": 0,
        "per_second_mean": 185.0,
        "reasons": {"status 500": 3},
    }
    assert found["latency_ms"] == {"p50": 2, "p95": 3, "p99": 3, "max": 20}
    assert [(stage["name"], stage["sent"], stage["failed"]) for stage in found["stages"]] == [
        ("warm-up", 1500, 0),
        ("load", 30000, 0),
        ("cool-down", 1803, 3),
    ]


def test_shares_are_percentages_of_all(tmp_path: Path) -> None:
    pods = summarized(tmp_path)["pods"]
    assert sum(pod["share_percent"] for pod in pods) == pytest.approx(100, abs=0.2)
    assert sum(pod["fair_percent"] for pod in pods) == pytest.approx(100, abs=0.2)
    assert [pod["ready_s"] for pod in pods] == [180, 108, 108]


def test_without_a_cluster_its_figures_are_null(tmp_path: Path) -> None:
    found = summarized(tmp_path, cluster=None)
    assert found["scaling"] is found["cost"] is None
    assert found["observation"]["cluster_missing_s"] is None
    assert found["pods"][0]["ready_s"] is found["pods"][0]["fair_percent"] is None


def test_summary_is_json_and_agrees_with_the_page(tmp_path: Path) -> None:
    folder = synthetic.folder(tmp_path)
    write.write(folder)
    found = json.loads((folder / "summary.json").read_text())
    assert found["format"] == 1
    assert "held throughout" in (folder / "report.html").read_text()
    run = timeline.read(folder)
    assert headlines(run, found) == [
        Headline("33\N{NARROW NO-BREAK SPACE}300", "requests", "none failed, none lost"),
        Headline("3", "ms", "p99 latency over the whole run"),
        Headline("22", "s", "from the load step to 3 pods ready"),
        Headline("430", "pod-seconds", "20 % less than with the maximum of pods throughout"),
    ]


def test_what_prometheus_counted_is_beside_what_was_sent(tmp_path: Path) -> None:
    run = timeline.read(synthetic.folder(tmp_path))
    assert summary_of(run)["prometheus"] is None
    sent = summary_of(run)["requests"]["sent"]
    counted = {"requests": sent * 2, "errors": 3}
    assert summary_of(replace(run, plan={**run.plan, "prometheus": counted}))["prometheus"] == {
        **counted,
        "differs_percent": 100,
    }


def test_open_run_has_its_latency_from_sending_too(tmp_path: Path) -> None:
    def stalled(t: int, _: Shape) -> LoadSecond:
        second = LoadSecond(synthetic.ZERO + t, users=1, sent_late=int(t == 100), refused=2)
        second.count_correct(900.0, "pod-0", sending=4.0)
        return second

    run = timeline.read(synthetic.folder(tmp_path, load=stalled))
    assert summary_of(run)["open"] is None
    found = summary_of(replace(run, plan={**run.plan, "open": "poisson"}))
    assert found["latency_ms"]["p99"] == 900
    assert found["open"] == {
        "arrivals": "poisson",
        "sent_late": 1,
        "late_percent": round(100 / 180, 2),
        "latency_from_sending_ms": {"p50": 4, "p95": 4, "p99": 4, "max": 4},
    }
    assert found["requests"]["refused"] == 2 * 180
