"""Compare what is predicted with what was recorded: the same traffic and settings, pods as they were measured before.

Without a measured capacity, the pods of each run are as the other runs show them, so that no run predicts itself.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtest.format import clock, number
from loadtest.plan import capacity, from_run
from loadtest.plan.capacity import Capacity
from loadtest.plan.predict import Interval, Prediction, predict
from loadtest.plan.queue import PodModel
from loadtest.plan.replay import add_limit, autoscaler_of, from_runs
from loadtest.plan.simulate import Deployment
from loadtest.report import scaling, timeline
from loadtest.report.timeline import Run
from loadtest.users.load_second import merge_latencies, percentile

NEAR = 0.15  # of the recorded value
NEAR_MS = 2.0


@dataclass(frozen=True)
class Comparison:
    """One figure of one run, and whether the prediction kept its aim; None where there is nothing to compare."""

    figure: str
    predicted: str
    recorded: str
    held: bool | None

    def __str__(self) -> str:
        """Return its row of a table in Markdown."""
        word = {None: "", True: "held", False: "**missed**"}[self.held]
        return f"| {self.figure} | {self.predicted} | {self.recorded} | {word} |"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of recorded runs")
    parser.add_argument("--capacity", type=Path, nargs="+", default=[], help="what plan measure wrote, of each model")
    add_limit(parser)
    parser.add_argument("--into", type=Path, metavar="FILE", help="replace the table in this document")


def run(options: argparse.Namespace) -> None:
    """Print the table. Raises ValueError if a run cannot be compared with a capacity."""
    measured = {one.model: one for one in map(capacity.read, options.capacity)}
    runs = [timeline.read(folder) for folder in options.runs]
    lines = ["| run | figure | predicted | recorded | |", "|---|---|---|---|---|"]
    held = total = 0
    for recorded in runs:
        planned = _planned(recorded, runs, measured, options.limit)
        name = f"`{recorded.shape.name}`, {', '.join(recorded.models)}, up to {planned.settings.maximum}"
        for one in compare(recorded, planned):
            lines.append(f"| {name} {one}")
            held, total = held + bool(one.held), total + (one.held is not None)
    text = "\n".join([*lines, "", f"{held} of {total} predictions kept their aim.", ""])
    print(text)
    if options.into is not None:
        replace_table(options.into, "plan validate", text)


def _planned(recorded: Run, runs: Sequence[Run], measured: Mapping[str, Capacity], limit: int) -> Deployment:
    """Return what ran, with pods that something else than this run shows. Raises ValueError if nothing does."""
    if not measured:
        others = [run for run in runs if run is not recorded and run.models == recorded.models]
        return from_runs(recorded, others, limit)
    settings, request = autoscaler_of(recorded)
    (model, *others_too) = recorded.models
    if others_too or model not in measured:
        raise ValueError(f"A run is of {', '.join(recorded.models)}, which no capacity is of.")
    one = measured[model]
    if one.image not in {image["id"] for image in recorded.plan["cluster"]["images"]}:
        raise ValueError(f"A run of {recorded.shape.name} had another image than was measured. Measure that one.")
    return Deployment(settings, one.pod, request, one.start_s, one.stop_s)


def compare(recorded: Run, planned: Deployment) -> Iterator[Comparison]:
    """Yield each figure of a run."""
    predicted = predict(planned, from_run.pieces(recorded))
    analysed = scaling.analyse(recorded)
    yield _compare_capacity(recorded, planned.pod)
    yield _compare_near("mean CPU, millicores", predicted.cpu, _mean_cpu(recorded))
    pod_seconds = float(sum(share.seconds for share in analysed.shares))
    yield _compare_near("pod-seconds", predicted.pod_seconds, pod_seconds)
    latencies = merge_latencies(second.load for second in recorded.loaded if second.load is not None)
    yield _compare_near("p95, ms", predicted.p95, percentile(latencies, 0.95) or 0.0, NEAR_MS)
    yield from _compare_decisions(recorded, predicted, analysed)


def _compare_capacity(recorded: Run, pod: PodModel) -> Comparison:
    rates = from_run.used_up(recorded, pod.limit)
    name, predicted = "capacity of a pod, requests/s", number(pod.capacity)
    if not rates:
        return Comparison(name, predicted, "not reached", None)
    rate = sum(rates) / len(rates)
    return Comparison(name, predicted, number(rate), abs(pod.capacity - rate) <= NEAR * rate)


def _mean_cpu(recorded: Run) -> float:
    totals = [
        sum(pod.millicores or 0.0 for pod in state.pods) for t, state in recorded.states if 0 <= t < recorded.duration
    ]
    return sum(totals) / len(totals)


def _compare_near(figure: str, predicted: Interval, seen: float, near: float = 0.0) -> Comparison:
    difference = abs(predicted.middle - seen)
    text = f"{number(predicted.middle)} ({number(predicted.low)} to {number(predicted.high)})"
    return Comparison(figure, text, number(seen), difference <= max(NEAR * seen, near))


def _compare_decisions(recorded: Run, predicted: Prediction, analysed: scaling.Scaling) -> Iterator[Comparison]:
    gone = analysed.load_gone
    stretches = [("first scale-up", analysed.load_step, gone or recorded.duration, True)]
    if gone is not None:
        stretches.append(("first scale-down after the load", gone, recorded.duration, False))
    for name, since, until, up in stretches:
        expected = predicted.first_change(since, until, up=up)
        seen = next((d.t for d in analysed.decisions if since <= d.t < until and d.up == up), None)
        yield compare_time(name, expected, seen)


def compare_time(figure: str, expected: Interval | None, seen: float | None) -> Comparison:
    """Compare when something happened, in seconds; None where it did not."""
    if expected is None and seen is None:
        return Comparison(figure, "none", "none", held=True)
    text = f"{clock(expected.middle)} ({clock(expected.low)} to {clock(expected.high)})" if expected else "none"
    # The recorder looks once a second, so that it sees a decision up to a second late.
    inside = expected is not None and seen is not None and expected.low <= seen <= expected.high + 1
    return Comparison(figure, text, clock(seen) if seen is not None else "none", inside)


def replace_table(document: Path, name: str, table: str) -> None:
    """Replace the table between the comments of this name. Raises ValueError if the document has none."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    text = document.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{document} has no lines {begin.strip()} and {end.strip()} for the table.")
    before, after = text.partition(begin)[0], text.partition(end)[2]
    document.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")
