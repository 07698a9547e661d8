"""Work out how many requests each pod answered, next to an equal share of them."""

from collections import Counter
from dataclasses import dataclass

from loadtest.report.timeline import Run, Second


@dataclass(frozen=True)
class PodShare:
    """The requests of one pod, next to an equal part of the responses of each second in which it was ready."""

    pod: str
    requests: int
    fair: float
    ready_seconds: int
    seconds: int


def pod_shares(run: Run) -> tuple[PodShare, ...]:
    requests: Counter[str] = Counter()
    fair: dict[str, float] = {}
    ready_seconds: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for second, pods in _pods_present(run):
        answered = second.load.pods if second.load is not None else Counter[str]()
        requests.update(answered)
        seconds.update(pods.keys())
        ready = [name for name, takes_traffic in pods.items() if takes_traffic]
        for name in ready:
            ready_seconds[name] += 1
            fair[name] = fair.get(name, 0) + answered.total() / len(ready)
    names = dict.fromkeys([*seconds, *requests])
    return tuple(PodShare(pod, requests[pod], fair.get(pod, 0), ready_seconds[pod], seconds[pod]) for pod in names)


def _pods_present(run: Run) -> list[tuple[Second, dict[str, bool]]]:
    """Return the pods that existed in each second of the load, and whether each took traffic.

    A second that was not observed has the pods that existed both before and after it: a pod's name never returns.
    """
    states = [(t, {pod.name: pod.ready and not pod.leaving for pod in state.pods}) for t, state in run.states]
    present, later = [], iter(states)
    before: dict[str, bool] = {}
    following = next(later, None)
    for second in run.seconds:
        while following is not None and following[0] <= second.t:
            before, following = following[1], next(later, None)
        if second.cluster is not None:
            pods = before
        else:
            after = following[1] if following is not None else {}
            pods = {name: ready and after[name] for name, ready in before.items() if name in after}
        if 0 <= second.t < run.duration:
            present.append((second, pods))
    return present
