"""A run in figures, for other programs: `summary.json`. Pure.

The shape is stable; `format` goes up when a key changes its meaning or goes away.

    format       1
    verdict      {passed, interrupted, words}
    models       {name: its share of the users, as a weight}
    objectives   [{key, name, limit, unit, asked, observed, seen, held, words}]   seen: null when it did not happen
    requests     {sent, right, failed, lost, per_second_mean, reasons: {reason: count}}
    latency_ms   {p50, p95, p99, max} of the right answers
    stages       [{name, start_s, seconds, users, sent, failed, lost, p50_ms, p95_ms, p99_ms}]
    scaling      null without a cluster, else {decisions: [{t_s, before, after, cpu_percent, target_percent, done_s}],
                 step_s, decision_after_s, ready_after_s, peak_replicas, peak_after_s, broken_s,
                 held_again_after_s, minimum_after_s}; broken_s: null when the objectives held throughout the scale-up
    pods         [{name, requests, share_percent, fair_percent, ready_s, exists_s}]
    cost         null without a cluster, else {pod_seconds, at_maximum_pod_seconds}
    observation  {seconds, load_missing_s, cluster_missing_s, generator_cpu_mean, generator_cpu_max, late_ms_max,
                 machine_busy_mean}
    repeat       plan.json as it is: command, host, models, shape, git, versions, cluster (autoscaler, images, node)

Times that end in `_after_s` are durations, those in `_s` are seconds of the run; unknown is null.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from loadtest.objectives import P99
from loadtest.report import scaling
from loadtest.report.timeline import Moment, Run
from loadtest.report.verdict import Judged, Verdict
from loadtest.users.load_second import merged, percentile

FORMAT = 1


def summarize(run: Run, verdict: Verdict) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "verdict": {"passed": verdict.passed, "interrupted": verdict.interrupted, "words": verdict.words},
        "models": dict(run.models),
        "objectives": [objective(judged) for judged in verdict.judged],
        "requests": requests(run),
        "latency_ms": latency(run.loaded),
        "stages": stages(run),
        "scaling": autoscaling(run) if run.watched else None,
        "pods": pods(run),
        "cost": cost(run) if run.watched else None,
        "observation": observation(run),
        "repeat": dict(run.plan),
    }


def objective(judged: Judged) -> dict[str, Any]:
    wanted, seen = judged.objective, judged.seen
    return {
        "key": wanted.key,
        "name": wanted.name,
        "limit": wanted.limit,
        "unit": wanted.unit,
        "asked": judged.asked,
        "observed": seen.observed,
        "seen": seen.value,
        "held": judged.held,
        "words": seen.words,
    }


def counts(moments: Sequence[Moment]) -> Counter[str]:
    total = Counter({"sent": 0, "failed": 0, "lost": 0})
    for moment in moments:
        if moment.load is not None:
            total.update(sent=moment.load.sent, failed=moment.load.failed, lost=moment.load.lost)
    return total


def requests(run: Run) -> dict[str, Any]:
    total = counts(run.loaded)
    reasons: Counter[str] = Counter()
    for moment in run.loaded:
        reasons.update(moment.load.reasons if moment.load is not None else {})
    return {
        "sent": total["sent"],
        "right": total["sent"] - total["failed"] - total["lost"],
        "failed": total["failed"],
        "lost": total["lost"],
        "per_second_mean": round(total["sent"] / run.seconds, 1) if run.seconds else None,
        "reasons": dict(reasons.most_common()),
    }


def latency(moments: Sequence[Moment]) -> dict[str, float | None]:
    latencies = merged(moment.load for moment in moments if moment.load is not None)
    shares = {f"p{q}": percentile(latencies, q / 100) for q in (50, 95, 99)}
    return {**shares, "max": max(latencies, default=None)}


def stages(run: Run) -> list[dict[str, Any]]:
    rows = []
    for start, stage in zip(run.shape.starts, run.shape.stages, strict=True):
        moments = [moment for moment in run.loaded if start <= moment.t < start + stage.seconds]
        if not moments:
            break
        quick = {f"{name}_ms": ms for name, ms in latency(moments).items() if name != "max"}
        named = {"name": stage.name, "start_s": start, "seconds": len(moments), "users": stage.users}
        rows.append({**named, **counts(moments), **quick})
    return rows


def autoscaling(run: Run) -> dict[str, Any]:
    up, peak = scaling.first_up(run), scaling.peak(run)
    back, gone = scaling.back_at_minimum(run), scaling.load_gone(run)
    step, broken = scaling.load_step(run), scaling.broken(run, P99.limit)
    again = scaling.held_again(run, P99.limit, broken) if broken is not None else None
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
            for decision in scaling.decisions(run.moments)
        ],
        "step_s": step,
        "decision_after_s": up.t - step if up else None,
        "ready_after_s": up.done - up.t if up and up.done is not None else None,
        "peak_replicas": peak[0] if peak else None,
        "peak_after_s": peak[1] - step if peak and up and up.done is not None else None,
        "broken_s": broken,
        "held_again_after_s": again - step if again is not None else None,
        "minimum_after_s": back - gone if up and back is not None and gone is not None else None,
    }


def pods(run: Run) -> list[dict[str, Any]]:
    shares = scaling.shares(run)
    answered = sum(share.requests for share in shares)
    fair = sum(share.fair for share in shares)
    return [
        {
            "name": share.pod,
            "requests": share.requests,
            "share_percent": round(100 * share.requests / answered, 1) if answered else None,
            "fair_percent": round(100 * share.fair / fair, 1) if fair else None,
            "ready_s": share.ready_seconds if run.watched else None,
            "exists_s": share.seconds if run.watched else None,
        }
        for share in shares
    ]


def cost(run: Run) -> dict[str, int]:
    """Seconds in which a pod existed, ready or not, beside what the maximum would have been all the time."""
    maximum = max(state.maximum for _, state in scaling.seen(run.moments))
    used = sum(share.seconds for share in scaling.shares(run))
    return {"pod_seconds": used, "at_maximum_pod_seconds": maximum * run.seconds}


def observation(run: Run) -> dict[str, Any]:
    load = [moment.load for moment in run.loaded if moment.load is not None]
    busy = [second.machine_busy for second in load if second.machine_busy is not None]
    return {
        "seconds": run.seconds,
        "load_missing_s": run.seconds - len(load),
        "cluster_missing_s": sum(moment.cluster is None for moment in run.loaded) if run.watched else None,
        "generator_cpu_mean": round(sum(second.generator_cpu for second in load) / len(load), 3) if load else None,
        "generator_cpu_max": max((second.generator_cpu for second in load), default=None),
        "machine_busy_mean": round(sum(busy) / len(busy), 3) if busy else None,
        "late_ms_max": max((second.late_ms for second in load), default=None),
    }
