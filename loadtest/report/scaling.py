"""When the autoscaler decided, when its pods were ready, when they were gone, and what each did. Pure.

Every time is the second in which the recorder first saw a thing. Where seconds before it are missing, the thing
may be older by as many (`unsure`), and the later time is the one that is judged.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtest.report.timeline import Cluster, Moment, Run
from loadtest.users.load_second import percentile

HELD_FOR = 10  # seconds in a row that count as "the objective holds again"


@dataclass(frozen=True)
class Decision:
    """The autoscaler asks for `after` replicas instead of `before`; `done`: the second in which it has them."""

    t: int
    before: int
    after: int
    cpu: float | None
    target: float | None
    unsure: int
    done: int | None

    @property
    def up(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True)
class Share:
    """What one pod did: its requests, beside what would have been its equal part of each second it was ready in."""

    pod: str
    requests: int
    fair: float
    ready_seconds: int
    seconds: int


def seen(moments: Iterable[Moment]) -> list[tuple[int, Cluster]]:
    return [(moment.t, moment.cluster) for moment in moments if moment.cluster is not None]


def decisions(moments: Sequence[Moment]) -> list[Decision]:
    """Each change of the replicas that the autoscaler asks for; 0 is "not yet decided", not a wish."""
    states = [(t, state) for t, state in seen(moments) if state.desired > 0]
    found = []
    for (t0, before), (t, after) in pairwise(states):
        if after.desired != before.desired:
            done = reached(states, t, after.desired, up=after.desired > before.desired)
            found.append(Decision(t, before.desired, after.desired, after.cpu, after.target, t - t0 - 1, done))
    return found


def reached(states: Iterable[tuple[int, Cluster]], since: int, replicas: int, *, up: bool) -> int | None:
    """The first second from `since` with that many pods ready (up), or no more than that many left (down)."""
    for t, state in states:
        if t >= since and (state.ready >= replicas if up else len(state.pods) <= replicas):
            return t
    return None


def peak(run: Run) -> tuple[int, int] | None:
    """The most pods that were ready at once since the load step, and the first second in which they were."""
    step = load_step(run)
    ready = [(state.ready, -t) for t, state in seen(run.loaded) if t >= step]
    if not ready:
        return None
    most, t = max(ready)
    return most, -t


def first_up(run: Run) -> Decision | None:
    return next((decision for decision in decisions(run.moments) if decision.up and decision.t >= 0), None)


def load_step(run: Run) -> int:
    """The second from which the first scale-up is measured: that of the first rise of the load after the warm-up.

    On a staircase the last small step before a decision would flatter it. A decision made since then, such as a
    late scale-down, is where the autoscaler began anew.
    """
    up = first_up(run)
    before = up.t if up else run.seconds
    rise = min((rise for rise in run.shape.rises if 0 < rise <= before), default=0)
    return max([rise, *(decision.t for decision in decisions(run.moments) if decision.t < before and up)])


def load_gone(run: Run) -> int | None:
    """The second in which the load last fell for good; None when the run never came to it."""
    falls = [fall for fall in run.shape.falls if fall < run.seconds]
    return max(falls, default=None)


def back_at_minimum(run: Run) -> int | None:
    """The second since which, after the load had gone, there were never more pods than the minimum."""
    gone = load_gone(run)
    if gone is None:
        return None
    since = None
    for t, state in seen(run.moments):
        if t >= gone:
            at_rest = len(state.pods) <= state.minimum and state.desired <= state.minimum
            since = (t if since is None else since) if at_rest else None
    return since


def broken(run: Run, limit: float) -> int | None:
    """The first second from the load step on that broke the objectives before the new pods had settled.

    They have HELD_FOR after they are ready, or the rest of the stage where none came: a slow second long after that
    is not the scale-up's doing. None when none broke them: p99 within `limit`, nothing failed or lost.
    """
    step, up = load_step(run), first_up(run)
    stages = zip(run.shape.starts, run.shape.stages, strict=True)
    stage_end = next((start + stage.seconds for start, stage in stages if start + stage.seconds > step), run.seconds)
    until = up.done + HELD_FOR if up and up.done is not None else stage_end - 1
    return next((m.t for m in run.loaded if step <= m.t <= until and not holds(m, limit)), None)


def held_again(run: Run, limit: float, since: int) -> int | None:
    """The first of HELD_FOR good seconds in a row after `since`; None when they never came."""
    in_a_row = 0
    for moment in run.loaded:
        in_a_row = in_a_row + 1 if moment.t > since and holds(moment, limit) else 0
        if in_a_row == HELD_FOR:
            return moment.t - HELD_FOR + 1
    return None


def holds(moment: Moment, limit: float) -> bool:
    if moment.load is None or moment.load.failed or moment.load.lost:
        return False
    p99 = percentile(moment.load.latency_ms, 0.99)
    return p99 is not None and p99 <= limit


def pods_present(run: Run) -> list[tuple[Moment, dict[str, bool]]]:
    """For each second of the load, the pods that existed, and whether each took traffic.

    A second that was not observed has the pods that were there both before and after it: a pod's name never returns.
    """
    states = [
        (moment.t, {pod.name: pod.ready and not pod.leaving for pod in moment.cluster.pods})
        for moment in run.moments
        if moment.cluster is not None
    ]
    present, later = [], iter(states)
    before: dict[str, bool] = {}
    following = next(later, None)
    for moment in run.moments:
        while following is not None and following[0] <= moment.t:
            before, following = following[1], next(later, None)
        if moment.cluster is not None:
            pods = before
        else:
            after = following[1] if following is not None else {}
            pods = {name: ready and after[name] for name, ready in before.items() if name in after}
        if 0 <= moment.t < run.seconds:
            present.append((moment, pods))
    return present


def shares(run: Run) -> list[Share]:
    """One Share a pod, in the order of their first request or second."""
    requests: Counter[str] = Counter()
    fair: Counter[str] = Counter()
    ready_seconds: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for moment, pods in pods_present(run):
        answered = moment.load.pods if moment.load is not None else Counter[str]()
        requests.update(answered)
        seconds.update(pods.keys())
        taking = [name for name, ready in pods.items() if ready]
        for name in taking:
            ready_seconds[name] += 1
            fair[name] += answered.total() / len(taking)  # type: ignore[assignment]
    names = dict.fromkeys([*seconds, *requests])
    return [Share(name, requests[name], fair[name], ready_seconds[name], seconds[name]) for name in names]
