"""Read from recorded runs what they offered, and the model of a pod where no capacity was measured."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import fmean, median

from loadtest.plan.queue import PodModel
from loadtest.plan.simulate import SCRAPE_SECONDS
from loadtest.plan.staircase import IDLE_POINTS, cost_cv2
from loadtest.report import scaling
from loadtest.report.timeline import Run
from loadtest.traffic.table import Piece
from loadtest.users.load_second import LoadSecond, merge_latencies, percentile

START_SECONDS, STOP_SECONDS = 6.0, 12.0  # where no run has a decision to time
FEW = 30  # requests that say what a latency without a queue is
SEEN_LATE = range(1, 16)  # seconds before a CPU figure appears, in which it was measured
STEADY = 0.25  # by which the rate may vary in them
USED_UP = 0.95  # of the limit
BINS = 8  # of the rate
NEARLY = 0.9  # of the capacity: beyond it a second's rate says little


def pieces(run: Run) -> list[Piece]:
    """Return what each second of a run offered, including the seconds before the load."""
    found = []
    for second in run.seconds:
        if second.t >= run.duration:
            break
        load, offered = second.load, run.offered(second)
        rate = offered if offered is not None else float(load.sent if load else 0)
        users = load.users if load and run.open is None else 0
        found.append(Piece(second.t, second.t + 1, rate, users))
    return found


def pod_model(runs: Sequence[Run], limit: int) -> PodModel:
    """Return the model of the pods of some runs.

    Raises:
        ValueError: No run shows the CPU of its pods at two different rates, or had a quiet moment.
    """
    points = sorted(point for run in runs for point in _points(run))
    calm = merge_latencies(second for run in runs for second in _quiet_seconds(run))
    if sum(calm.values()) < FEW or not points or points[-1][0] <= points[0][0]:
        raise ValueError("The run has too little CPU of its pods or too few requests to predict anything from it.")
    idle = tuple(percentile(calm, (i + 0.5) / IDLE_POINTS) or 0.0 for i in range(IDLE_POINTS))
    curve = _curve(points, min(limit, 1000))
    cost = (curve[-1][1] - curve[0][1]) / curve[-1][0]
    return PodModel(curve, cost_cv2(idle, cost), idle, limit)


def _quiet_seconds(run: Run) -> Iterator[LoadSecond]:
    """Yield the seconds with the fewest users."""
    loads = [second.load for second in run.loaded if second.load is not None and second.load.sent]
    fewest = min((load.users for load in loads), default=0)
    yield from (load for load in loads if load.users == fewest)


def _points(run: Run) -> Iterator[tuple[float, float]]:
    """Yield (requests per second, millicores) of each pod where its rate was steady while its CPU was measured."""
    rates = {second.t: second.load.pods for second in run.loaded if second.load is not None}
    last: dict[str, tuple[float | None, int]] = {}  # CPU of each pod when it was last taken, and when
    for t, state in run.states:
        for pod in state.pods:
            before, taken = last.get(pod.name, (None, t))
            if pod.millicores is None or (pod.millicores == before and t - taken < SCRAPE_SECONDS):
                continue
            last[pod.name] = pod.millicores, t
            seen = [float(rates[t - late][pod.name]) for late in SEEN_LATE if t - late in rates]
            if len(seen) < len(SEEN_LATE):
                continue
            halves = fmean(seen[: len(seen) // 2]), fmean(seen[len(seen) // 2 :])
            if abs(halves[0] - halves[1]) <= STEADY * max(halves) + 1:
                yield fmean(seen), pod.millicores


def used_up(run: Run, limit: int) -> list[float]:
    """Return the rates at which pods used up their limit."""
    return [rate for rate, cpu in _points(run) if cpu >= USED_UP * min(limit, 1000)]


def _curve(points: Sequence[tuple[float, float]], limit: int) -> tuple[tuple[float, float], ...]:
    """Return the usual CPU in bins of the rate, rising, up to the rate that uses up the limit."""
    full = [rate for rate, cpu in points if cpu >= USED_UP * limit]
    below = [(rate, cpu) for rate, cpu in points if cpu < USED_UP * limit]
    bins: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for rate, cpu in below:
        bins[round(BINS * rate / points[-1][0])].append((rate, cpu))
    middles = [(median(rate for rate, _ in each), median(cpu for _, cpu in each)) for _, each in sorted(bins.items())]
    rising = [(0.0, middles[0][1])] if middles else [(0.0, 0.0)]
    for rate, cpu in middles:
        if rate > rising[-1][0] and cpu > rising[-1][1]:
            rising.append((rate, cpu))
    capacity = fmean(full) if full else limit * rising[-1][0] / rising[-1][1]
    kept = [point for point in rising if point[0] < NEARLY * capacity]
    return (*kept, (capacity, float(limit)))


def start_and_stop(runs: Sequence[Run]) -> tuple[float, float]:
    """Return the mean seconds from a decision to its pods being ready, and to their being gone."""
    decisions = [decision for run in runs for decision in scaling.analyse(run).decisions]
    ups = [d.done - d.t for d in decisions if d.up and d.done is not None]
    downs = [d.done - d.t for d in decisions if not d.up and d.done is not None]
    return float(fmean(ups)) if ups else START_SECONDS, float(fmean(downs)) if downs else STOP_SECONDS
