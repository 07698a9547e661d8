"""`timeline.csv`: one row per second of a run, for a spreadsheet. An empty cell was not observed."""

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.report.open_loop import p99_from_sending
from loadtest.report.timeline import KubernetesEvent, Run, Second

COLUMNS = (
    *("t_s", "utc", "stage", "users", "offered_per_s", "sent", "right", "failed", "lost", "p50_ms", "p95_ms", "p99_ms"),
    *("p99_from_sending_ms", "refused", "sent_late"),
    *("cpu_percent", "target_percent", "desired", "ready", "pods_ready", "pods_millicores", "pods_requests"),
    *("failure_reasons", "generator_cpu", "late_ms", "machine_busy", "events"),
)


def write(run: Run, path: Path) -> None:
    events: dict[int, list[KubernetesEvent]] = defaultdict(list)
    for event in run.events:
        events[math.floor(event.t)].append(event)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for second in run.seconds:
            writer.writerow(_row(run, second, events[second.t]))


def _row(run: Run, second: Second, events: Sequence[KubernetesEvent]) -> dict[str, Any]:
    stage = run.shape.stage_at(second.t) if second.t < run.duration else None
    row: dict[str, Any] = {
        "t_s": second.t,
        "utc": datetime.fromtimestamp(int(run.start) + second.t, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "stage": stage.name if stage else "",
        "events": "; ".join(f"{event.object}: {event.reason}" for event in events),
    }
    if (load := second.load) is not None:
        row |= {"users": load.users, "sent": load.sent, "failed": load.failed, "lost": load.lost}
        row |= {
            "right": load.sent - load.failed - load.lost,
            "p99_from_sending_ms": p99_from_sending(second),
            "refused": load.refused,
            "sent_late": load.sent_late if run.open else None,
            "generator_cpu": load.generator_cpu,
            "late_ms": load.late_ms,
            "machine_busy": load.machine_busy,
        }
        row |= {f"p{q}_ms": value for q, value in second.percentiles.items()}
        row |= {"pods_requests": _pairs(load.pods), "failure_reasons": _pairs(load.reasons)}
        row["offered_per_s"] = run.offered(second)
    if (state := second.cluster) is not None:
        row |= {"cpu_percent": state.cpu, "target_percent": state.target}
        row |= {"desired": state.desired, "ready": state.ready}
        row["pods_ready"] = sum(pod.ready and not pod.leaving for pod in state.pods)
        row["pods_millicores"] = _pairs({pod.name: pod.millicores for pod in state.pods if pod.millicores is not None})
    return row


def _pairs(counts: Mapping[str, float]) -> str:
    return ";".join(f"{name}={count:g}" for name, count in counts.items())
