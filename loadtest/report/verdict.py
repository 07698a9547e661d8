"""Holds what was seen against the objectives. Pure.

Asked are the latency and error objectives always, the scaling ones when the shape is meant to scale and a cluster was
given. An objective that is asked and could not be observed fails: silence is not a pass.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from loadtest.format import clock, number, plural
from loadtest.objectives import OBJECTIVES, Objective
from loadtest.report import scaling
from loadtest.report.timeline import Run
from loadtest.users.load_second import merged, percentile


@dataclass(frozen=True)
class Seen:
    """`value` None: it did not happen, or was not observed; `words` say which."""

    value: float | None
    words: str
    observed: bool = True


@dataclass(frozen=True)
class Judged:
    objective: Objective
    seen: Seen
    asked: bool

    @property
    def held(self) -> bool:
        value = self.seen.value
        return self.seen.observed and value is not None and value <= self.objective.limit


@dataclass(frozen=True)
class Verdict:
    judged: tuple[Judged, ...]
    interrupted: bool

    @property
    def missed(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.judged if one.asked and not one.held)

    @property
    def passed(self) -> bool:
        return not self.missed and not self.interrupted

    @property
    def words(self) -> str:
        asked = sum(one.asked for one in self.judged)
        if self.interrupted:
            return "Interrupted before the end: no verdict on the whole run"
        if self.missed:
            return f"{len(self.missed)} of {plural(asked, 'objective')} missed"
        return f"All {asked} objectives held"


def judge(run: Run) -> Verdict:
    asked_to_scale = run.shape.scales and run.plan["cluster"] is not None
    judged = (
        Judged(objective, MEASURES[objective.key](run), asked=asked_to_scale or not objective.scaling)
        for objective in OBJECTIVES
    )
    return Verdict(tuple(judged), interrupted=run.interrupted)


def latency(run: Run) -> Seen:
    latencies = merged(moment.load for moment in run.loaded if moment.load is not None)
    p99 = percentile(latencies, 0.99)
    if p99 is None:
        return Seen(None, "no right answer was seen", observed=False)
    return Seen(p99, f"{number(p99)} ms over {plural(latencies.total(), 'right answer')}")


def errors(run: Run) -> Seen:
    total: Counter[str] = Counter()
    for moment in run.loaded:
        if moment.load is not None:
            total.update(sent=moment.load.sent, failed=moment.load.failed, lost=moment.load.lost)
    if not total["sent"]:
        return Seen(None, "no request was sent", observed=False)
    percent = 100 * (total["failed"] + total["lost"]) / total["sent"]
    words = f"{number(total['failed'])} failed and {number(total['lost'])} lost of {number(total['sent'])}"
    return Seen(percent, words)


def decision_time(run: Run) -> Seen:
    if not run.watched:
        return UNWATCHED
    decision = scaling.first_up(run)
    if decision is None:
        return Seen(None, "the autoscaler never scaled up")
    step = scaling.load_step(run)
    late = f", seen up to {decision.unsure} s late" if decision.unsure else ""
    return Seen(
        decision.t - step,
        f"load rose at {clock(step)}, {decision.before} → {decision.after} at {clock(decision.t)}{late}",
    )


def ready_time(run: Run) -> Seen:
    if not run.watched:
        return UNWATCHED
    decision = scaling.first_up(run)
    if decision is None:
        return Seen(None, "the autoscaler never scaled up")
    if decision.done is None:
        return Seen(None, f"{decision.after} pods were never ready")
    return Seen(decision.done - decision.t, f"{decision.after} pods ready at {clock(decision.done)}")


def minimum_time(run: Run) -> Seen:
    if not run.watched:
        return UNWATCHED
    gone, back = scaling.load_gone(run), scaling.back_at_minimum(run)
    if gone is None:
        return Seen(None, "the load never went", observed=False)
    if scaling.first_up(run) is None:
        return Seen(None, "the autoscaler never scaled up")
    if back is None:
        return Seen(None, "not back when the recording ended")
    return Seen(back - gone, f"load gone at {clock(gone)}, back at {clock(back)}")


UNWATCHED = Seen(None, "the cluster was not observed", observed=False)
MEASURES: dict[str, Callable[[Run], Seen]] = {
    "latency_p99_ms": latency,
    "error_percent": errors,
    "decision_s": decision_time,
    "ready_s": ready_time,
    "minimum_s": minimum_time,
}
