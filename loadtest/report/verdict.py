"""Compare what was observed with the objectives.

Which runs an objective applies to is said in `objectives.py`. One that applies and could not be observed is missed: no
observation is not a pass.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from loadtest.format import clock, number, plural
from loadtest.objectives import DAY, Objective, Runs, objectives
from loadtest.report.open_loop import sent_late
from loadtest.report.scaling import Scaling
from loadtest.report.timeline import Run
from loadtest.users.load_second import merge_latencies, percentile


@dataclass(frozen=True)
class Measurement:
    """What was measured for an objective; `value` is None if it did not happen or was not observed."""

    value: float | None
    text: str
    observed: bool = True


@dataclass(frozen=True)
class ObjectiveResult:
    """An objective with its measurement; `applies` says whether this run had to meet it."""

    objective: Objective
    measurement: Measurement
    applies: bool

    @property
    def held(self) -> bool:
        value = self.measurement.value
        return self.measurement.observed and value is not None and value <= self.objective.limit


@dataclass(frozen=True)
class Verdict:
    results: tuple[ObjectiveResult, ...]
    interrupted: bool
    running: bool = False

    @property
    def missed(self) -> tuple[ObjectiveResult, ...]:
        return tuple(result for result in self.results if result.applies and not result.held)

    @property
    def passed(self) -> bool:
        return not (self.missed or self.interrupted or self.running)

    @property
    def text(self) -> str:
        applicable = sum(result.applies for result in self.results)
        if self.interrupted:
            return "Interrupted before the end, so there is no verdict on the whole run"
        if self.missed:
            return f"{len(self.missed)} of {plural(applicable, 'objective')} missed"
        return f"All {applicable} objectives held"


def judge(run: Run, scaling: Scaling) -> Verdict:
    applies = {
        Runs.ALL: True,
        Runs.HOLDING: not run.shape.saturates,
        Runs.SATURATING: run.shape.saturates,
        Runs.SCALING: run.shape.scales and run.plan["cluster"] is not None,
        Runs.OPEN: run.open is not None,
    }
    results = (
        ObjectiveResult(objective, MEASURES[objective.key](run, scaling), applies=applies[objective.runs])
        for objective in objectives(run.shape.duration)
    )
    return Verdict(tuple(results), run.interrupted, run.running)


def _latency(run: Run, _: Scaling) -> Measurement:
    latencies = merge_latencies(second.load for second in run.loaded if second.load is not None)
    p99 = percentile(latencies, 0.99)
    if p99 is None:
        return Measurement(None, "no correct response was observed", observed=False)
    return Measurement(p99, f"{number(p99)} ms over {plural(latencies.total(), 'correct response')}")


def _errors(run: Run, _: Scaling) -> Measurement:
    total: Counter[str] = Counter()
    for second in run.loaded:
        if second.load is not None:
            excused = second.load.lost if any(fault.excuses(second.t) for fault in run.faults) else 0
            lost = second.load.lost - excused
            total.update(sent=second.load.sent, failed=second.load.failed, lost=lost, excused=excused)
    if not total["sent"]:
        return Measurement(None, "no request was sent", observed=False)
    percent = 100 * (total["failed"] + total["lost"]) / total["sent"]
    text = f"{number(total['failed'])} failed and {number(total['lost'])} lost of {number(total['sent'])}"
    if total["excused"]:
        text += f", besides {number(total['excused'])} that a killed container had to lose"
    if run.shape.duration >= DAY:
        unanswered = total["failed"] + total["lost"] + total["excused"]
        text += f": availability of {100 - 100 * unanswered / total['sent']:.4f} %"
    return Measurement(percent, text)


def _late(run: Run, _: Scaling) -> Measurement:
    if run.open is None:
        return Measurement(None, "each user sent after the response to the request before", observed=False)
    late, sent = sent_late(run)
    if not sent:
        return Measurement(None, "no request was sent", observed=False)
    percent = 100 * late / sent
    text = f"{number(late)} of {number(sent)}"
    return Measurement(percent, f"{text}; the load generator is the cause, not the server" if percent else text)


def _decision_time(run: Run, scaling: Scaling) -> Measurement:
    if not run.observed:
        return UNOBSERVED
    decision, step = scaling.first_up, scaling.load_step
    if decision is None:
        return NEVER_SCALED_UP
    change = f"{decision.before} → {decision.after} at {clock(decision.t)}"
    late = f", observed up to {decision.uncertainty} s late" if decision.uncertainty else ""
    return Measurement(decision.t - step, f"load rose at {clock(step)}, {change}{late}")


def _ready_time(run: Run, scaling: Scaling) -> Measurement:
    if not run.observed:
        return UNOBSERVED
    decision = scaling.first_up
    if decision is None:
        return NEVER_SCALED_UP
    if decision.done is None:
        return Measurement(None, f"{decision.after} pods were never ready at once")
    return Measurement(decision.done - decision.t, f"{decision.after} pods ready at {clock(decision.done)}")


def _held_again_time(run: Run, scaling: Scaling) -> Measurement:
    if run.shape.traffic:
        return Measurement(None, "recorded traffic has no load step", observed=False)
    if scaling.violated is None:
        carried = run.shape.saturates and run.observed and scaling.first_up is None
        return Measurement(0, CARRIED if carried else "they held throughout")
    broken = f"broken at {clock(scaling.violated)}"
    if scaling.recovered is None:
        return Measurement(None, f"{broken}, and did not hold again under load")
    return Measurement(scaling.recovered - scaling.load_step, f"{broken}, held again from {clock(scaling.recovered)}")


def _minimum_time(run: Run, scaling: Scaling) -> Measurement:
    if not run.observed:
        return UNOBSERVED
    gone, back = scaling.load_gone, scaling.back_at_minimum
    if gone is None:
        return Measurement(None, "the load never fell", observed=False)
    if scaling.first_up is None:
        return NEVER_SCALED_UP
    if back is None:
        return Measurement(None, "not yet back when the recording ended")
    return Measurement(back - gone, f"load gone at {clock(gone)}, back at {clock(back)}")


UNOBSERVED = Measurement(None, "the cluster was not observed", observed=False)
NEVER_SCALED_UP = Measurement(None, "the autoscaler never scaled up")
CARRIED = "they held throughout, and the fewest pods carried the load: a higher --scale sends more"
MEASURES: dict[str, Callable[[Run, Scaling], Measurement]] = {
    "latency_p99_ms": _latency,
    "error_percent": _errors,
    "late_percent": _late,
    "decision_s": _decision_time,
    "ready_s": _ready_time,
    "held_again_s": _held_again_time,
    "minimum_s": _minimum_time,
}
