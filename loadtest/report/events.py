"""Tell what happened, in the order in which it happened.

Entries with a `mark` are the autoscaler's decisions, by number, and the faults, by letter; the chart carries the same
marks.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise

from loadtest.format import clock, number, plural
from loadtest.report.scaling import Decision, Scaling
from loadtest.report.timeline import Run

REASONS_LISTED = 5


@dataclass(frozen=True)
class Entry:
    t: float
    text: str
    detail: str = ""
    mark: str = ""


def list_events(run: Run, scaling: Scaling) -> list[Entry]:
    entries = [
        *_stages(run),
        *_decisions(run, scaling),
        *_faults(run),
        *_failures(run),
        *_restarts(run),
        *_warnings(run),
        *_end(run),
    ]
    return sorted(entries, key=lambda entry: (entry.t, entry.mark != ""))


def _stages(run: Run) -> list[Entry]:
    if run.shape.traffic:
        return [Entry(0, f"The load began: {run.shape.about}{_initial_state(run)}.")]
    entries, before = [], 0
    for start, stage in zip(run.shape.starts, run.shape.stages, strict=True):
        if start >= run.duration:
            break
        rate = run.offered_per_user
        offered = f", about {number(stage.users * rate)} requests/s" if rate else ""
        verb = "stayed at" if stage.users == before else "rose to" if stage.users > before else "fell to"
        gradually = f" over {stage.seconds} s" if stage.ramp else ""
        text = f"The load {verb} {plural(stage.users, 'user')}{gradually}{offered}"
        if start == 0:
            text = f"The load began with {plural(stage.users, 'user')}{gradually}{offered}{_initial_state(run)}"
        entries.append(Entry(start, text + "."))
        before = stage.users
    return entries


def _initial_state(run: Run) -> str:
    state = next((state for t, state in run.states if t >= 0), None)
    if state is None:
        return ""
    cpu = ""
    if state.cpu is not None and state.target:
        cpu = f", CPU at {number(state.cpu)} % of the request (target {number(state.target)} %)"
    return f"; {plural(state.ready, 'pod')} ready{cpu}"


def _decisions(run: Run, scaling: Scaling) -> list[Entry]:
    entries = []
    for mark, decision in enumerate(scaling.decisions, start=1):
        entries.append(Entry(decision.t, *_explain(run, decision), str(mark)))
        if decision.done is not None:
            after = f"{decision.done - decision.t} s after the decision"
            pods = plural(decision.after, "pod")
            state = f"{pods} ready" if decision.up else f"Down to {pods}"
            entries.append(Entry(decision.done, f"{state}, {after}."))
        elif decision.up and not run.running:
            entries.append(Entry(decision.t + 0.5, f"{plural(decision.after, 'pod')} were never ready at once."))
    return entries


def _faults(run: Run) -> list[Entry]:
    """Tell what the experiment broke: each fault has a letter."""
    entries = []
    for fault in run.faults:
        if fault.what:
            entries.append(Entry(fault.t, f"Fault: {fault.about} ({fault.what}).", mark=fault.mark))
        if fault.error:
            verb = "undone" if fault.what else "injected"
            entries.append(Entry(fault.t, f"The fault {fault.kind} could not be {verb}: {fault.error}"))
        elif fault.ended is not None and fault.ended - fault.t >= 1:
            entries.append(Entry(fault.ended, f"The fault {fault.mark} was undone."))
    return entries


def _explain(run: Run, decision: Decision) -> tuple[str, str]:
    """Return the decision and the autoscaler's arithmetic: wanted = ceil(pods × CPU ÷ target), within its limits."""
    change = f"{decision.before} → {decision.after}"
    late = f"Observed up to {decision.uncertainty} s late." if decision.uncertainty else ""
    if decision.cpu is None or not decision.target:
        return f"The autoscaler went {change}; its CPU reading was not observed.", late
    cpu, target = f"{decision.cpu:g}", f"{decision.target:g}"
    wanted = max(math.ceil(decision.before * decision.cpu / decision.target), 1)
    why = f"{decision.before} × {cpu} ÷ {target} calls for {plural(wanted, 'pod')}"
    window = _stabilization_seconds(run)
    if decision.up and wanted > decision.after:
        why += f"; the maximum is {decision.after}"
    elif wanted < decision.after == _minimum(run):
        why += f"; the minimum is {decision.after}"
    elif not decision.up and window and wanted == decision.after:
        why += f", and no more was needed for the {window} s before"
    elif not decision.up and window and wanted < decision.after:
        why += f"; the most that was needed in the last {window} s was {decision.after}"
    return f"CPU was {cpu} % of the request, target {target} %: {change}.", f"{why}. {late}".strip()


def _minimum(run: Run) -> int:
    minimum: int = (run.plan["cluster"] or {}).get("hpa", {}).get("minReplicas", 1)
    return minimum


def _stabilization_seconds(run: Run) -> int | None:
    """Return how long the need must stay low before the autoscaler removes pods."""
    spec = (run.plan["cluster"] or {}).get("hpa", {})
    seconds: int | None = spec.get("behavior", {}).get("scaleDown", {}).get("stabilizationWindowSeconds")
    return seconds


def _failures(run: Run) -> list[Entry]:
    faulty = [second for second in run.loaded if second.failures]
    if not faulty:
        return []
    reasons: Counter[str] = Counter()
    for second in faulty:
        reasons.update(second.load.reasons if second.load else {})
    span = f"between {clock(faulty[0].t)} and {clock(faulty[-1].t)}" if len(faulty) > 1 else "in this second"
    why = "; ".join(f"{reason} ({number(count)})" for reason, count in reasons.most_common(REASONS_LISTED))
    return [Entry(faulty[0].t, f"{plural(reasons.total(), 'request')} failed or got lost {span}: {why}.")]


def _restarts(run: Run) -> list[Entry]:
    """Report containers that ended under load: Kubernetes gives no warning of one killed for its memory."""
    entries = []
    for (_, before), (t, after) in pairwise(run.states):
        known = {pod.name: pod.restarts for pod in before.pods}
        for pod in after.pods:
            if t >= 0 and pod.restarts > known.get(pod.name, 0):
                why = f" after its container had ended ({pod.ended})" if pod.ended else ""
                entries.append(Entry(t, f"{pod.name} was restarted{why}."))
    return entries


def _warnings(run: Run) -> list[Entry]:
    """Report Kubernetes' warnings about the autoscaler or its pods, each kind once.

    A failing startup probe is left out: every start of a pod looks like that.
    """
    warnings = [e for e in run.events if e.warning and e.t >= 0 and not e.message.startswith("Startup probe failed")]
    entries = []
    for reason, group in groupby(sorted(warnings, key=lambda e: (e.reason, e.t)), key=lambda e: e.reason):
        events = list(group)
        times = f" ({len(events)} times)" if len(events) > 1 else ""
        text = f"Kubernetes warned{times}: {reason}, {events[0].object}: {events[0].message:.200}"
        entries.append(Entry(events[0].t, text))
    return entries


def _end(run: Run) -> list[Entry]:
    if run.running:
        return []
    end = min(run.duration, run.shape.duration)
    interrupted = f"Interrupted at {clock(end)} of {clock(run.shape.duration)}."
    return [Entry(end, interrupted if run.interrupted else "The load ended.")]
