"""`timeline.csv`: a run as one row a second, for a spreadsheet. An empty cell is something that was not seen."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.report.timeline import Moment, Run
from loadtest.users.load_second import percentile

COLUMNS = (
    *("t_s", "utc", "stage", "users", "offered_per_s", "sent", "right", "failed", "lost", "p50_ms", "p95_ms", "p99_ms"),
    *("cpu_percent", "target_percent", "desired", "ready", "pods_ready", "pods_millicores", "pods_requests"),
    *("failure_reasons", "generator_cpu", "late_ms", "machine_busy", "events"),
)


def write(run: Run, path: Path) -> None:
    """One row a second; an empty cell is something that was not seen."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for moment in run.moments:
            writer.writerow(row_of(run, moment))


def row_of(run: Run, moment: Moment) -> dict[str, Any]:
    stage = run.shape.stage_at(moment.t) if moment.t < run.seconds else None
    row: dict[str, Any] = {
        "t_s": moment.t,
        "utc": datetime.fromtimestamp(int(run.start) + moment.t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stage": stage.name if stage else "",
        "events": "; ".join(f"{e.object}: {e.reason}" for e in run.events if moment.t <= e.t < moment.t + 1),
    }
    if (load := moment.load) is not None:
        row |= {"users": load.users, "sent": load.sent, "failed": load.failed, "lost": load.lost}
        row |= {
            "right": load.sent - load.failed - load.lost,
            "generator_cpu": load.generator_cpu,
            "late_ms": load.late_ms,
            "machine_busy": load.machine_busy,
        }
        row |= {f"p{q}_ms": percentile(load.latency_ms, q / 100) for q in (50, 95, 99)}
        row |= {"pods_requests": pairs(load.pods), "failure_reasons": pairs(load.reasons)}
        if run.offered_per_user is not None:
            row["offered_per_s"] = load.users * run.offered_per_user
    if (state := moment.cluster) is not None:
        row |= {"cpu_percent": state.cpu, "target_percent": state.target}
        row |= {"desired": state.desired, "ready": state.ready}
        row["pods_ready"] = sum(pod.ready and not pod.leaving for pod in state.pods)
        row["pods_millicores"] = pairs({pod.name: pod.millicores for pod in state.pods if pod.millicores is not None})
    return row


def pairs(counts: Mapping[str, float]) -> str:
    return ";".join(f"{name}={count:g}" for name, count in counts.items())
