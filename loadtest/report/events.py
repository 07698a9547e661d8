"""What happened, in the order in which it happened, in words. Pure.

The lines with a `mark` are the autoscaler's decisions; the chart carries the same marks.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise

from loadtest.format import clock, number, plural
from loadtest.report import scaling
from loadtest.report.scaling import Decision
from loadtest.report.timeline import Run


@dataclass(frozen=True)
class Line:
    t: float
    text: str
    detail: str = ""
    mark: int | None = None


def tell(run: Run) -> list[Line]:
    lines = [*of_load(run), *of_decisions(run), *of_faults(run), *of_restarts(run), *of_warnings(run), *of_end(run)]
    return sorted(lines, key=lambda line: (line.t, line.mark is not None))


def of_load(run: Run) -> list[Line]:
    lines, before = [], 0
    for start, stage in zip(run.shape.starts, run.shape.stages, strict=True):
        if start >= run.seconds:
            break
        rate = run.offered_per_user
        offered = f", about {number(stage.users * rate)} requests/s" if rate else ""
        verb = "held at" if stage.users == before else "rose to" if stage.users > before else "fell to"
        gradually = f" over {stage.seconds} s" if stage.ramp else ""
        text = f"The load {verb} {plural(stage.users, 'user')}{gradually}{offered}"
        if start == 0:
            text = f"The load began with {plural(stage.users, 'user')}{gradually}{offered}{at_rest(run)}"
        lines.append(Line(start, text + "."))
        before = stage.users
    return lines


def at_rest(run: Run) -> str:
    state = next((state for t, state in scaling.seen(run.moments) if t >= 0), None)
    if state is None:
        return ""
    cpu = (
        f", CPU at {number(state.cpu)} % of request (target {number(state.target)} %)"
        if state.cpu is not None and state.target
        else ""
    )
    return f"; {plural(state.ready, 'pod')} ready{cpu}"


def of_decisions(run: Run) -> list[Line]:
    lines = []
    for mark, decision in enumerate(scaling.decisions(run.moments), start=1):
        lines.append(Line(decision.t, *explained(run, decision), mark))
        if decision.done is not None:
            after = f"{decision.done - decision.t} s after the decision"
            state = (
                f"{plural(decision.after, 'pod')} ready" if decision.up else f"Down to {plural(decision.after, 'pod')}"
            )
            lines.append(Line(decision.done, f"{state}, {after}."))
        elif decision.up:
            lines.append(Line(decision.t + 0.5, f"{plural(decision.after, 'pod')} were never ready at once."))
    return lines


def explained(run: Run, decision: Decision) -> tuple[str, str]:
    """The decision, and the autoscaler's arithmetic: wanted = ceil(pods × CPU ÷ target), within its limits."""
    change = f"{decision.before} → {decision.after}"
    late = f"Seen up to {decision.unsure} s late." if decision.unsure else ""
    if decision.cpu is None or not decision.target:
        return f"The autoscaler went {change}; its CPU reading was not seen.", late
    cpu, target = f"{decision.cpu:g}", f"{decision.target:g}"
    wanted = max(math.ceil(decision.before * decision.cpu / decision.target), 1)
    why = f"{decision.before} × {cpu} ÷ {target} asks for {plural(wanted, 'pod')}"
    window = settle_seconds(run)
    if decision.up and wanted > decision.after:
        why += f", {decision.after} allowed"
    elif wanted < decision.after == least(run):
        why += f", at least {decision.after} are kept"
    elif not decision.up and window and wanted == decision.after:
        why += f", and so it did for the {window} s before"
    elif not decision.up and window and wanted < decision.after:
        why += f"; the most it asked for in the last {window} s was {decision.after}"
    return f"CPU was {cpu} % of request, target {target} %: {change}.", f"{why}. {late}".strip()


def least(run: Run) -> int:
    """How few pods the autoscaler may ask for."""
    fewest: int = (run.plan["cluster"] or {}).get("hpa", {}).get("minReplicas", 1)
    return fewest


def settle_seconds(run: Run) -> int | None:
    """How long the autoscaler waits for a need to stay low before it takes pods away."""
    spec = (run.plan["cluster"] or {}).get("hpa", {})
    seconds: int | None = spec.get("behavior", {}).get("scaleDown", {}).get("stabilizationWindowSeconds")
    return seconds


def of_faults(run: Run) -> list[Line]:
    faulty = [moment for moment in run.loaded if moment.load is not None and (moment.load.failed or moment.load.lost)]
    if not faulty:
        return []
    reasons: Counter[str] = Counter()
    for moment in faulty:
        reasons.update(moment.load.reasons if moment.load else {})
    total = reasons.total()
    span = f"between {clock(faulty[0].t)} and {clock(faulty[-1].t)}" if len(faulty) > 1 else "in this second"
    why = "; ".join(f"{reason} ({number(count)})" for reason, count in reasons.most_common(5))
    return [Line(faulty[0].t, f"{plural(total, 'request')} went wrong {span}: {why}.")]


def of_restarts(run: Run) -> list[Line]:
    """Containers that ended under the load: of one that was killed for its memory no warning tells."""
    lines = []
    for (_, before), (t, after) in pairwise(scaling.seen(run.moments)):
        known = {pod.name: pod.restarts for pod in before.pods}
        for pod in after.pods:
            if t >= 0 and pod.restarts > known.get(pod.name, 0):
                why = f": its container had ended ({pod.ended})" if pod.ended else ""
                lines.append(Line(t, f"{pod.name} was restarted{why}."))
    return lines


def of_warnings(run: Run) -> list[Line]:
    """Warnings that Kubernetes gave about the autoscaler or its pods, each kind once.

    Not told: a startup probe that fails, which is how every pod's start looks from outside.
    """
    told = (e for e in run.events if e.warning and e.t >= 0 and not e.message.startswith("Startup probe failed"))
    warnings = sorted(told, key=lambda e: (e.reason, e.t))
    lines = []
    for reason, group in groupby(warnings, key=lambda e: e.reason):
        events = list(group)
        times = f" ({len(events)} times)" if len(events) > 1 else ""
        lines.append(
            Line(events[0].t, f"Kubernetes warned{times}: {reason}, {events[0].object}: {events[0].message:.200}")
        )
    return lines


def of_end(run: Run) -> list[Line]:
    end = min(run.seconds, run.shape.duration)
    interrupted = f"Interrupted at {clock(end)} of {clock(run.shape.duration)}."
    return [Line(end, interrupted if run.interrupted else "The load ended.")]
