"""What a recorded load, or a table of traffic, would do under other settings of the autoscaler and its pods."""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from loadtest.format import clock, number, plural
from loadtest.plan import capacity, chart, from_run, quantities
from loadtest.plan.autoscaler import Settings, from_spec
from loadtest.plan.predict import PHASES, Interval, Prediction, predict
from loadtest.plan.simulate import Deployment
from loadtest.report import scaling, timeline
from loadtest.report.timeline import Run
from loadtest.traffic import table
from loadtest.traffic.table import Piece

CAPACITY = Path("reports/capacity.json")
LONG_PHASES = 10  # simulations of a day
SHORT = 3600.0  # seconds of traffic up to which PHASES are simulated
TARGET, MAXIMUM = 60, 10
HOUR = 3600.0


def add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a recorded run")
    add_settings(parser)
    _add_price(parser)
    add_limit(parser)
    parser.add_argument("--output", type=Path, help="the chart; default RUN/replay.png")


def add_simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("traffic", type=Path, metavar="TRAFFIC", help="CSV: time in seconds, requests per second")
    add_settings(parser)
    _add_price(parser)
    parser.add_argument("--output", type=Path, default=Path("reports/simulation.png"), help="the chart")


def add_limit(parser: argparse.ArgumentParser) -> None:
    about = "CPU limit of the recorded pods, where no capacity says it; default 1"
    parser.add_argument("--limit", type=quantities.millicores, default=1000, metavar="CPU", help=about)


def add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", type=int, metavar="PERCENT", help="target utilisation of the CPU request")
    parser.add_argument("--request", type=quantities.millicores, metavar="CPU", help="CPU request, such as 500m")
    parser.add_argument("--min", type=int, metavar="PODS", help="fewest pods")
    parser.add_argument("--max", type=int, metavar="PODS", help="most pods")
    parser.add_argument("--capacity", type=Path, default=CAPACITY, help="what plan measure wrote")


def _add_price(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--price", type=quantities.price, metavar="PRICE", help="such as 0.04/core-hour")


def run_replay(options: argparse.Namespace) -> None:
    """Predict, print and draw. Raises ValueError if the run does not allow a prediction."""
    run = timeline.read(options.run)
    recorded = deployment(run, options.capacity, options.limit)
    changed = with_options(recorded, options)
    pieces = from_run.pieces(run)
    predicted = predict(changed, pieces)
    pod_seconds = sum(share.seconds for share in scaling.analyse(run).shares)
    print(f"Recorded    {number(pod_seconds)} pod-seconds")
    report(changed, pieces, predicted, options.price)
    path = options.output or options.run / "replay.png"
    chart.draw(f"{run.shape.name}, as it would be with {describe(changed)}", pieces, predicted, run, path)
    print(path)


def run_simulate(options: argparse.Namespace) -> None:
    """Predict, print and draw. Raises ValueError if the table or the capacity does not allow a prediction."""
    planned = chosen(options)
    pieces = table.read(options.traffic)
    began = time.process_time()
    predicted = predict(planned, pieces, PHASES if pieces[-1].end <= SHORT else LONG_PHASES)
    spent = time.process_time() - began
    report(planned, pieces, predicted, options.price)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    chart.draw(f"{options.traffic.name} with {describe(planned)}", pieces, predicted, None, options.output)
    print(f"{plural(len(predicted.histories), 'simulation')} in {spent:.1f} s of CPU. {options.output}")


def deployment(run: Run, path: Path, limit: int) -> Deployment:
    """Return what ran: the pods as measured, or as the run itself shows them if nothing was measured.

    Raises:
        ValueError: The run observed no cluster, or was of another model than was measured.
    """
    if not path.exists():
        print(f"There is no {path}: the pods are as this run shows them, with a CPU limit of {limit}m.")
        return from_runs(run, [run], limit)
    measured = capacity.read(path)
    if set(run.models) != {measured.model}:
        raise ValueError(f"{path} is of {measured.model}, and the run is of {', '.join(run.models)}.")
    settings, request = autoscaler_of(run)
    return Deployment(settings, measured.pod, request, measured.start_s, measured.stop_s)


def from_runs(run: Run, shown_by: Sequence[Run], limit: int) -> Deployment:
    """Return what ran, with pods as some runs show them. Raises ValueError if they do not show enough."""
    settings, request = autoscaler_of(run)
    return Deployment(settings, from_run.pod_model(shown_by, limit), request, *from_run.start_and_stop(shown_by))


def autoscaler_of(run: Run) -> tuple[Settings, int]:
    """Return the settings of a run's autoscaler, and the CPU request of its pods. Raises ValueError if it has none."""
    facts = run.plan.get("cluster")
    if not facts or not run.observed:
        raise ValueError("The run observed no cluster, so there is nothing to predict.")
    request = next((pod.request for _, state in run.states for pod in state.pods if pod.request), None)
    if request is None:
        raise ValueError("The run's pods have no CPU request, so the autoscaler had nothing to compare with.")
    return from_spec(facts["hpa"]), round(request)


def chosen(options: argparse.Namespace) -> Deployment:
    """Return pods as measured, with the settings of the command line. Raises ValueError for what cannot be."""
    measured = capacity.read(options.capacity)
    default = Settings(TARGET, MAXIMUM)
    return with_options(Deployment(default, measured.pod, measured.request, measured.start_s, measured.stop_s), options)


def with_options(planned: Deployment, options: argparse.Namespace) -> Deployment:
    """Return the deployment with what the command line changes. Raises ValueError for what cannot be."""
    was = planned.settings
    settings = replace(
        was,
        target=options.target or was.target,
        minimum=options.min or was.minimum,
        maximum=options.max or max(was.maximum, options.min or 0),
    )
    if settings.target < 1 or settings.minimum < 1 or settings.maximum < settings.minimum:
        raise ValueError("The target and --min must be at least 1, and --max at least --min.")
    return replace(planned, settings=settings, request=options.request or planned.request)


def describe(planned: Deployment) -> str:
    settings = planned.settings
    return f"{settings.target} % of {planned.request}m, {settings.minimum} to {plural(settings.maximum, 'pod')}"


def report(planned: Deployment, pieces: Sequence[Piece], predicted: Prediction, price: float | None) -> None:
    """Print the prediction with its intervals."""
    hours = planned.request / 1000 / HOUR
    rows = [
        ("Pod-seconds", predicted.pod_seconds, ""),
        ("CPU", predicted.cpu, " millicores of all pods"),
        ("p50", predicted.p50, " ms"),
        ("p95", predicted.p95, " ms"),
        ("p99", predicted.p99_all, " ms"),
    ]
    print(f"Predicted   {describe(planned)}, up to {number(table.peak(pieces))} requests/s")
    if up := predicted.first_change(pieces[0].start, pieces[-1].end, up=True):
        print(f"{'Scales up':11} {clock(up.middle)} ({clock(up.low)} to {clock(up.high)})")
    for name, interval, unit in rows:
        print(f"{name:11} {text(interval)}{unit}")
    if predicted.refused.high:
        print(f"{'Refused':11} {text(scaled(predicted.refused, 100))} % of the requests: more than the pods can answer")
    if price is not None:
        print(f"{'Cost':11} {text(scaled(predicted.pod_seconds, hours * price))} of the price's currency")


def scaled(interval: Interval, factor: float) -> Interval:
    return Interval(interval.low * factor, interval.middle * factor, interval.high * factor)


def text(interval: Interval) -> str:
    return f"{number(interval.middle)} ({number(interval.low)} to {number(interval.high)})"
