"""How far to trust the figures: what was not seen, and whether the load generator had the CPU. Pure."""

from itertools import groupby

from loadtest.format import clock, listed, number, plural
from loadtest.report.timeline import Moment, Run
from loadtest.users.load_second import LoadSecond

LATE_MS = 50.0
BUSY = 0.95  # of a core, or of the machine


def limits(run: Run) -> list[str]:
    said = []
    if not run.watched:
        said.append("The cluster was not observed: this report knows only what the users saw.")
    elif blind := gaps(run):
        spans = listed([f"{clock(a)}–{clock(b)}" if b > a else clock(a) for a, b in blind[:5]])
        total = sum(b - a + 1 for a, b in blind)
        said.append(f"The cluster was not seen for {plural(total, 'second')} ({spans}): the chart leaves them empty.")
    load = [moment.load for moment in run.loaded if moment.load is not None]
    if load:
        said.append(of_generator(load))
    said.append("A user waits for an answer before asking again, so a stalled server is asked less, not more.")
    return said


def of_generator(load: list[LoadSecond]) -> str:
    """Whether the machine that made the load had the CPU for it."""
    used, late = [second.generator_cpu for second in load], max(second.late_ms for second in load)
    text = f"The load generator used {number(sum(used) / len(used))} of a core on average, {number(max(used))} at most"
    text += f", and woke at most {number(late)} ms late."
    busy = [second.machine_busy for second in load if second.machine_busy is not None]
    if busy:
        text += (
            f" Its machine was {100 * sum(busy) / len(busy):.0f} % busy on average, {100 * max(busy):.0f} % at most."
        )
    crowded = sum(share > BUSY for share in busy) > len(busy) / 10
    if late > LATE_MS or max(used) > BUSY or crowded:
        text += " That is short of CPU, so the latencies are partly the machine’s own."
    return text


def gaps(run: Run) -> list[tuple[int, int]]:
    """First and last second of each stretch of the load in which the cluster was not seen."""
    spans: list[tuple[int, int]] = []
    for unseen, group in groupby(run.loaded, key=lambda m: m.cluster is None):
        stretch: list[Moment] = list(group)
        if unseen:
            spans.append((stretch[0].t, stretch[-1].t))
    return spans
