"""Compare recorded runs, or several repeats of each, and draw them over each other.

    python -m loadtest compare reports/2026-11-29T10-00-00Z reports/2026-11-29T10-10-00Z
    python -m loadtest compare before after --worse 5

A and B are run folders, folders of them, or patterns in quotes. Less is better in every row. The interval has 95 %, for
all rows together. From four runs a side on, what counts is how much runs differ; one run knows only its own seconds.

Exit status: 0 if B is better or no difference is seen, 1 if it is worse, 2 if that cannot be told or runs cannot be
compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from loadtest.compare import chart, runs
from loadtest.compare.judge import Difference, Word, compare, overall
from loadtest.format import plural

STATUS = {Word.BETTER: 0, Word.SAME: 0, Word.WORSE: 1, Word.UNKNOWN: 2}


def run(words: list[str]) -> int:
    """Compare, print, draw, and return the exit status. Raises CannotRunError and ValueError."""
    options = _parse(words)
    a, b = runs.read(options.a), runs.read(options.b)
    runs.check(a, b)
    differences = compare(a, b, options.worse / 100)
    word = overall(differences)
    print(f"A  {plural(len(a), 'run')}: {options.a}\nB  {plural(len(b), 'run')}: {options.b}\n")
    print("\n".join(_table(differences)))
    if warning := runs.warn(a, b):
        print(f"\n{warning}", file=sys.stderr)
    folder = options.output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    folder.mkdir(parents=True, exist_ok=True)
    chart.write(a, b, folder / "compare.png")
    print(f"\nB: {word.value}\n{folder / 'compare.png'}")
    return STATUS[word]


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("a", metavar="A", help="a run, a folder of runs, or a pattern: what was before")
    parser.add_argument("b", metavar="B", help="the same of what is to be judged")
    parser.add_argument("--worse", type=_percentage, default=10, metavar="PERCENT", help="change that matters (10)")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder for the chart's folder")
    return parser.parse_args(words)


def _percentage(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("It must be more than 0.")
    return value


def _table(differences: Sequence[Difference]) -> list[str]:
    rows = [("", "A", "B", "B − A", ""), *(_row(difference) for difference in differences)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in (1, 2, 3)), row[4]]).rstrip()
        for row in rows
    ]


def _row(difference: Difference) -> tuple[str, str, str, str, str]:
    interval = ""
    if difference.low is not None and difference.high is not None:
        interval = f"{100 * difference.low:+.0f} to {100 * difference.high:+.0f} %"
    word = f"{difference.word.value} ({difference.why})" if difference.why else difference.word.value
    return difference.name, difference.a, difference.b, interval, word
