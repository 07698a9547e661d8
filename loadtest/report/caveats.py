"""Say how far the figures can be trusted: what was not observed, and whether the load generator had enough CPU."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from loadtest.format import clock, listed, number, plural
from loadtest.report.timeline import Run
from loadtest.users.load_second import LoadSecond
from loadtest.users.schedule import LATE_MS

AGREES = 0.01  # of the requests sent
BUSY = 0.95  # of one core, or of the whole machine
GAPS_LISTED = 5


def list_caveats(run: Run) -> list[str]:
    caveats = []
    if not run.observed:
        caveats.append("The cluster was not observed: this report only knows what the users saw.")
    elif gaps := find_gaps(run):
        spans = listed([f"{clock(a)}–{clock(b)}" if b > a else clock(a) for a, b in gaps[:GAPS_LISTED]])
        total = sum(b - a + 1 for a, b in gaps)
        caveats.append(
            f"The cluster could not be observed for {plural(total, 'second')} ({spans}); the chart shows gaps there."
        )
    load = [second.load for second in run.loaded if second.load is not None]
    if load:
        caveats.append(_generator(load, run.plan.get("workers")))  # older runs have none
    if counted := run.plan.get("prometheus"):
        caveats.append(_counted_by_pods(counted, sum(second.sent for second in load)))
    if run.open is None:
        caveats.append("Each user waits for a response before the next request, so a stalled server gets less load.")
    else:
        caveats.append(
            "Requests were sent by schedule, whether or not earlier ones were answered. Latency counts from when each "
            "was due, so that no waiting is left out."
        )
    return caveats


def _generator(load: Sequence[LoadSecond], workers: int | None) -> str:
    """Say how much CPU the load generator used, or its busiest process, and whether its machine had enough."""
    used, late = [second.generator_cpu for second in load], max(second.late_ms for second in load)
    who = f"The load generator had {plural(workers, 'worker')}, and its busiest process" if workers else ""
    text = f"{who or 'The load generator'} used {number(sum(used) / len(used))} of a core on average"
    text += f", {number(max(used))} at most"
    text += f", and its clock ticked at most {number(late)} ms late."
    busy = [second.machine_busy for second in load if second.machine_busy is not None]
    if busy:
        text += (
            f" Its machine was {100 * sum(busy) / len(busy):.0f} % busy on average, {100 * max(busy):.0f} % at most."
        )
    crowded = sum(share > BUSY for share in busy) > len(busy) / 10
    if late > LATE_MS or max(used) > BUSY or crowded:
        text += " It was short of CPU, so part of the latencies is the load generator’s own."
    return text


def _counted_by_pods(counted: Mapping[str, int], sent: int) -> str:
    """Compare what Prometheus saw with what the users sent."""
    requests, errors = counted["requests"], counted["errors"]
    text = f"By Prometheus, the pods counted {plural(requests, 'request')}, {number(errors)} of them with a 5xx"
    if abs(requests - sent) <= AGREES * sent:
        return f"{text}: the same as the users within {100 * AGREES:.0f} %."
    return f"{text}, but the users sent {number(sent)}. Either others sent some as well, or pods were not scraped."


def find_gaps(run: Run) -> list[tuple[int, int]]:
    """Return the first and last second of each stretch of the load in which the cluster was not observed."""
    gaps: list[tuple[int, int]] = []
    for missing, group in groupby(run.loaded, key=lambda second: second.cluster is None):
        stretch = list(group)
        if missing:
            gaps.append((stretch[0].t, stretch[-1].t))
    return gaps
