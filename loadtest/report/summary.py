"""A run in figures, for other programs: `summary.json`.

The format is stable: `format` goes up when a key changes its meaning or is removed.

    format       1
    verdict      {passed, interrupted, words}
    models       {name: its share of the users, as a weight}
    objectives   [{key, name, limit, unit, asked, observed, seen, held, words}]   asked: whether it applies to this
                 run; seen: the measured value, null if it did not happen
    requests     {sent, right, failed, lost, refused, per_second_mean, reasons: {reason: count}}   refused: how often
                 one was refused with a Retry-After and sent again
    latency_ms   {p50, p95, p99, max} of the correct responses, from when their requests were due or first sent
    open         null unless requests were sent by schedule, else {arrivals, sent_late, late_percent,
                 latency_from_sending_ms: {p50, p95, p99, max}}
    stages       [{name, start_s, seconds, users, sent, failed, lost, refused, p50_ms, p95_ms, p99_ms}]
    faults       [{mark, kind, what, error, t_s, ended_s, sent, failed, lost, worst_p99_ms, ready_again_s}], each with
                 what was seen until the next one; ready_again_s: 0 if pods stayed ready
    scaling      null without a cluster, else {decisions: [{t_s, before, after, cpu_percent, target_percent, done_s}],
                 step_s, decision_after_s, ready_after_s, peak_replicas, peak_after_s, broken_s,
                 held_again_after_s, minimum_after_s}; broken_s: null if the objectives held throughout the scale-up
    pods         [{name, requests, share_percent, fair_percent, ready_s, exists_s}]
    cost         null without a cluster, else {pod_seconds, at_maximum_pod_seconds, at_target_pod_seconds,
                 cores_per_pod, used_core_seconds, requests_per_core_second, price_per_core_hour}; at_target: with as
                 many pods as the target calls for in each second; cores_per_pod: the CPU request
    observation  {seconds, load_missing_s, cluster_missing_s, generator_cpu_mean, generator_cpu_max, late_ms_max,
                 machine_busy_mean}
    prometheus   null without the Prometheus of k8s/monitoring, else {requests, errors, differs_percent}: what the pods
                 counted meanwhile, errors being answers with a 5xx, and how far that is from `requests.sent`
    repeat       plan.json unchanged: command, host, models, shape, git, versions, cluster (autoscaler, images, node)

Keys that end in `_after_s` are durations, the others in `_s` are seconds of the run; null means unknown.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from loadtest.report import cost
from loadtest.report.faults import impacts
from loadtest.report.open_loop import sent_late
from loadtest.report.pod_shares import PodShare
from loadtest.report.scaling import Scaling
from loadtest.report.timeline import PERCENTILES, Run, Second
from loadtest.report.verdict import ObjectiveResult, Verdict
from loadtest.users.load_second import merge_latencies, percentile

FORMAT = 1


def summarize(run: Run, scaling: Scaling, verdict: Verdict) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "verdict": {"passed": verdict.passed, "interrupted": verdict.interrupted, "words": verdict.text},
        "models": dict(run.models),
        "objectives": [_objective(result) for result in verdict.results],
        "requests": _requests(run),
        "latency_ms": _latency(run.loaded),
        "open": _open(run) if run.open else None,
        "stages": _stages(run),
        "faults": [impact.to_dict() for impact in impacts(run)],
        "scaling": _scaling(scaling) if run.observed else None,
        "pods": _pods(scaling.shares, observed=run.observed),
        "cost": cost.summarize(run, scaling.shares) if run.observed else None,
        "observation": _observation(run),
        "prometheus": _prometheus(run),
        "repeat": dict(run.plan),
    }


def _objective(result: ObjectiveResult) -> dict[str, Any]:
    objective, measurement = result.objective, result.measurement
    return {
        "key": objective.key,
        "name": objective.name,
        "limit": objective.limit,
        "unit": objective.unit,
        "asked": result.applies,
        "observed": measurement.observed,
        "seen": measurement.value,
        "held": result.held,
        "words": measurement.text,
    }


def _counts(seconds: Sequence[Second]) -> Counter[str]:
    total = Counter({"sent": 0, "failed": 0, "lost": 0, "refused": 0})
    for second in seconds:
        if second.load is not None:
            total.update({name: getattr(second.load, name) for name in ("sent", "failed", "lost", "refused")})
    return total


def _requests(run: Run) -> dict[str, Any]:
    total = _counts(run.loaded)
    reasons: Counter[str] = Counter()
    for second in run.loaded:
        reasons.update(second.load.reasons if second.load is not None else {})
    return {
        "sent": total["sent"],
        "right": total["sent"] - total["failed"] - total["lost"],
        "failed": total["failed"],
        "lost": total["lost"],
        "refused": total["refused"],
        "per_second_mean": round(total["sent"] / run.duration, 1) if run.duration else None,
        "reasons": dict(reasons.most_common()),
    }


def _open(run: Run) -> dict[str, Any]:
    late, sent = sent_late(run)
    return {
        "arrivals": run.open,
        "sent_late": late,
        "late_percent": round(100 * late / sent, 2) if sent else None,
        "latency_from_sending_ms": _latency(run.loaded, "sending_ms"),
    }


def _latency(seconds: Sequence[Second], name: str = "latency_ms") -> dict[str, float | None]:
    latencies = merge_latencies((second.load for second in seconds if second.load is not None), name)
    shares = {f"p{q}": percentile(latencies, q / 100) for q in PERCENTILES}
    return {**shares, "max": max(latencies, default=None)}


def _stages(run: Run) -> list[dict[str, Any]]:
    rows = []
    for start, stage in zip(run.shape.starts, run.shape.stages, strict=True):
        seconds = [second for second in run.loaded if start <= second.t < start + stage.seconds]
        if not seconds:
            break
        latency = {f"{name}_ms": ms for name, ms in _latency(seconds).items() if name != "max"}
        facts = {"name": stage.name, "start_s": start, "seconds": len(seconds), "users": stage.users or None}
        rows.append({**facts, **_counts(seconds), **latency})
    return rows


def _scaling(scaling: Scaling) -> dict[str, Any]:
    up, peak, step = scaling.first_up, scaling.peak, scaling.load_step
    back, gone, recovered = scaling.back_at_minimum, scaling.load_gone, scaling.recovered
    return {
        "decisions": [
            {
                "t_s": decision.t,
                "before": decision.before,
                "after": decision.after,
                "cpu_percent": decision.cpu,
                "target_percent": decision.target,
                "done_s": decision.done,
            }
            for decision in scaling.decisions
        ],
        "step_s": step,
        "decision_after_s": up.t - step if up else None,
        "ready_after_s": up.done - up.t if up and up.done is not None else None,
        "peak_replicas": peak[0] if peak else None,
        "peak_after_s": peak[1] - step if peak and up and up.done is not None else None,
        "broken_s": scaling.violated,
        "held_again_after_s": recovered - step if recovered is not None else None,
        "minimum_after_s": back - gone if up and back is not None and gone is not None else None,
    }


def _pods(shares: Sequence[PodShare], *, observed: bool) -> list[dict[str, Any]]:
    answered = sum(share.requests for share in shares)
    fair = sum(share.fair for share in shares)
    return [
        {
            "name": share.pod,
            "requests": share.requests,
            "share_percent": round(100 * share.requests / answered, 1) if answered else None,
            "fair_percent": round(100 * share.fair / fair, 1) if fair else None,
            "ready_s": share.ready_seconds if observed else None,
            "exists_s": share.seconds if observed else None,
        }
        for share in shares
    ]


def _prometheus(run: Run) -> dict[str, Any] | None:
    counted: dict[str, Any] | None = run.plan.get("prometheus")
    if counted is None:
        return None
    sent = _counts(run.loaded)["sent"]
    return counted | {"differs_percent": round(100 * abs(counted["requests"] - sent) / sent, 2) if sent else None}


def _observation(run: Run) -> dict[str, Any]:
    load = [second.load for second in run.loaded if second.load is not None]
    busy = [second.machine_busy for second in load if second.machine_busy is not None]
    return {
        "seconds": run.duration,
        "load_missing_s": run.duration - len(load),
        "cluster_missing_s": sum(second.cluster is None for second in run.loaded) if run.observed else None,
        "generator_cpu_mean": round(sum(second.generator_cpu for second in load) / len(load), 3) if load else None,
        "generator_cpu_max": max((second.generator_cpu for second in load), default=None),
        "machine_busy_mean": round(sum(busy) / len(busy), 3) if busy else None,
        "late_ms_max": max((second.late_ms for second in load), default=None),
    }
