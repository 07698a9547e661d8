"""Work out when the autoscaler decided, and when its pods were ready or gone.

Every time is the second in which the recorder first observed something. If the seconds before it are missing, it may
have happened up to `uncertainty` seconds earlier; the later time is the one that is judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtest.objectives import P99
from loadtest.report.cluster_state import Cluster
from loadtest.report.pod_shares import PodShare, pod_shares
from loadtest.report.timeline import Run, Second

RECOVERED_AFTER = 10  # consecutive seconds within the objectives that count as a recovery


@dataclass(frozen=True)
class Decision:
    """The autoscaler asks for `after` replicas instead of `before`.

    Attributes:
        uncertainty: Seconds by which the decision may be older than `t`.
        done: The second in which that many pods are ready, or the others are gone; None if that never happened.
    """

    t: int
    before: int
    after: int
    cpu: float | None
    target: float | None
    uncertainty: int
    done: int | None

    @property
    def up(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True)
class Scaling:
    """How the autoscaler followed the load. Computed once per report.

    Attributes:
        decisions: Every change of the replicas that the autoscaler asks for.
        first_up: The first scale-up under load.
        load_step: The second from which the first scale-up is measured.
        load_gone: The second in which the load fell for the last time; None if the run did not get that far.
        back_at_minimum: The second since which there were never more pods than the minimum, after the load had gone.
        peak: The most pods that were ready at once since the load step, and the first such second.
        violated: The first second of the scale-up that missed an objective; None if none did.
        recovered: The first of RECOVERED_AFTER good seconds in a row after that; None if they never came under load.
        shares: What each pod did, in the order of their first request or second.
    """

    decisions: tuple[Decision, ...]
    first_up: Decision | None
    load_step: int
    load_gone: int | None
    back_at_minimum: int | None
    peak: tuple[int, int] | None
    violated: int | None
    recovered: int | None
    shares: tuple[PodShare, ...]


def analyse(run: Run) -> Scaling:
    decisions = find_decisions(run.states)
    first_up = next((decision for decision in decisions if decision.up and decision.t >= 0), None)
    step = _load_step(run, decisions, first_up)
    gone = max((fall for fall in run.shape.falls if fall < run.duration), default=None)
    # Recorded traffic has no load step, and may have seconds without a request.
    violated = None if run.shape.traffic else find_violation(run, step, first_up, P99.limit)
    return Scaling(
        decisions=decisions,
        first_up=first_up,
        load_step=step,
        load_gone=gone,
        back_at_minimum=_back_at_minimum(run.states, gone) if gone is not None else None,
        peak=_peak(run, step),
        violated=violated,
        recovered=find_recovery(run, P99.limit, violated, gone) if violated is not None else None,
        shares=pod_shares(run),
    )


def find_decisions(states: Sequence[tuple[int, Cluster]]) -> tuple[Decision, ...]:
    """Find each change of the desired replicas; 0 means "not decided yet" and is skipped."""
    decided = [(t, state) for t, state in states if state.desired > 0]
    found = []
    for (t0, before), (t, after) in pairwise(decided):
        if after.desired != before.desired:
            done = _reached(decided, t, after.desired, up=after.desired > before.desired)
            found.append(Decision(t, before.desired, after.desired, after.cpu, after.target, t - t0 - 1, done))
    return tuple(found)


def _reached(states: Sequence[tuple[int, Cluster]], since: int, replicas: int, *, up: bool) -> int | None:
    """Return the first second from `since` with that many pods ready (up), or with no more than that left (down)."""
    for t, state in states:
        if t >= since and (state.ready >= replicas if up else len(state.pods) <= replicas):
            return t
    return None


def _load_step(run: Run, decisions: Sequence[Decision], first_up: Decision | None) -> int:
    """Return the second of the first rise of the load after the warm-up.

    On a staircase the last small step before a decision would make the autoscaler look too quick. If it made another
    decision after the rise, such as a late scale-down, the measurement begins there.
    """
    before = first_up.t if first_up else run.duration
    rise = min((rise for rise in run.shape.rises if 0 < rise <= before), default=0)
    return max([rise, *(decision.t for decision in decisions if first_up and decision.t < before)])


def _back_at_minimum(states: Sequence[tuple[int, Cluster]], gone: int) -> int | None:
    since = None
    for t, state in states:
        if t >= gone:
            at_rest = len(state.pods) <= state.minimum and state.desired <= state.minimum
            since = (t if since is None else since) if at_rest else None
    return since


def _peak(run: Run, step: int) -> tuple[int, int] | None:
    # While pods are replaced, more are ready than the autoscaler asks for.
    ready = [(min(state.ready, state.desired), -t) for t, state in run.states if step <= t < run.duration]
    if not ready:
        return None
    most, t = max(ready)
    return most, -t


def find_violation(run: Run, step: int, first_up: Decision | None, limit: float) -> int | None:
    """Return the first second from the load step on that missed an objective before the new pods had settled.

    The new pods have RECOVERED_AFTER seconds after they are ready, or the rest of the stage if none came: a slow
    second long after that is not caused by the scale-up. The objectives: p99 within `limit`, nothing failed or lost.
    """
    stages = zip(run.shape.starts, run.shape.stages, strict=True)
    stage_end = next((start + stage.seconds for start, stage in stages if start + stage.seconds > step), run.duration)
    until = first_up.done + RECOVERED_AFTER if first_up and first_up.done is not None else stage_end - 1
    return next((second.t for second in run.loaded if step <= second.t <= until and not _holds(second, limit)), None)


def find_recovery(run: Run, limit: float, since: int, gone: int | None) -> int | None:
    """Return the first of RECOVERED_AFTER good seconds in a row after `since`; None if they never came.

    That the objectives hold once the load has gone, in the second `gone`, is no recovery.
    """
    in_a_row = 0
    for second in run.loaded:
        if gone is not None and since < gone <= second.t:
            return None
        in_a_row = in_a_row + 1 if second.t > since and _holds(second, limit) else 0
        if in_a_row == RECOVERED_AFTER:
            return second.t - RECOVERED_AFTER + 1
    return None


def _holds(second: Second, limit: float) -> bool:
    p99 = second.percentiles[99]
    return not second.failures and p99 is not None and p99 <= limit
