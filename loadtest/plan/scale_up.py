"""Compare a recorded scale-up of an autoscaler with its prediction: each decision, and when all pods are ready.

    python -m loadtest plan scaleup reports/scale_up.csv --target 20 --max 1000

`scripts/kwok/scale_up` records. The record is a table of traffic with two more columns: pods asked for, and pods ready.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from loadtest.format import number, plural
from loadtest.plan import chart
from loadtest.plan.predict import Interval, Prediction, predict
from loadtest.plan.replay import add_settings, chosen, describe, text
from loadtest.plan.validate import Comparison, compare_time, replace_table
from loadtest.traffic import table
from loadtest.traffic.table import Piece

HEADER = (*table.HEADER, "desired", "ready")


@dataclass(frozen=True)
class Second:
    """What the cluster was seen to do at `t` seconds after the load began."""

    t: float
    rate: float
    desired: int
    ready: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", type=Path, metavar="RECORD", help="CSV that scripts/kwok/scale_up wrote")
    add_settings(parser)
    parser.add_argument("--into", type=Path, metavar="FILE", help="replace the table in this document")
    parser.add_argument("--output", type=Path, default=Path("reports/scale_up.png"), help="the chart")


def run(options: argparse.Namespace) -> None:
    """Print the table and draw. Raises ValueError if the record or the capacity does not allow a comparison."""
    seconds, planned = read(options.record), chosen(options)
    predicted = predict(planned, pieces(seconds))
    rows = list(compare(seconds, predicted))
    held = sum(row.held is True for row in rows)
    lines = ["| figure | predicted | recorded | |", "|---|---|---|---|", *map(str, rows)]
    printed = "\n".join([*lines, "", f"{held} of {plural(len(rows), 'prediction')} kept their aim.", ""])
    print(printed)
    if options.into is not None:
        replace_table(options.into, "plan scaleup", printed)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    title = f"{number(seconds[-1].rate)} requests/s on {describe(planned)}"
    chart.draw_scale_up(title, predicted, [(one.t, one.desired, one.ready) for one in seconds], options.output)
    print(options.output)


def read(path: Path) -> list[Second]:
    """Read a record, with times from the beginning of the load.

    Raises:
        ValueError: It is none, or its load never begins.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or tuple(lines[0].split(",")) != HEADER:
        raise ValueError(f"{path} is no record of scripts/kwok/scale_up: its header is not {','.join(HEADER)}.")
    try:
        rows = [(float(t), float(rate), int(desired), int(ready)) for t, rate, desired, ready in csv.reader(lines[1:])]
    except ValueError as error:
        raise ValueError(f"{path} has a line that is not four numbers.") from error
    begin = next((t for t, rate, *_ in rows if rate), None)
    if begin is None:
        raise ValueError(f"{path} has no load.")
    return [Second(t - begin, rate, desired, ready) for t, rate, desired, ready in rows]


def pieces(seconds: Sequence[Second]) -> list[Piece]:
    """Return the traffic: nothing, then the load, twice as long as it was recorded, as it may take longer."""
    return [Piece(seconds[0].t, 0, 0), Piece(0, 2 * seconds[-1].t, seconds[-1].rate)]


def compare(seconds: Sequence[Second], predicted: Prediction) -> Iterator[Comparison]:
    """Yield when each number of pods was asked for, how many decisions there were, and when all pods were ready."""
    decisions = [after for before, after in pairwise(seconds) if after.desired > before.desired]
    for one in decisions:
        expected = predicted.first_reached(one.desired, ready=False)
        yield compare_time(f"{number(one.desired)} pods asked for", expected, one.t)
    counts = Interval.of(len(history.desired) - 1 for history in predicted.histories)
    yield Comparison("decisions", text(counts), str(len(decisions)), counts.contains(len(decisions)))
    last = seconds[-1]
    expected = predicted.first_reached(last.ready, ready=True)
    yield compare_time(f"{number(last.ready)} pods ready", expected, last.t)
