"""Check the objectives of the digits model: send test images of MNIST in concurrent batches.

    python -m loadtest digits -n 500 --concurrency 5 --plot

The exit code is the verdict: 0 every objective held, 1 one was missed, 2 it could not run.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from loadtest.cluster.facts import ROOT
from loadtest.cluster.wait import knock
from loadtest.digits import batches, histogram, images, outcome
from loadtest.digits.batches import CLASSES, PROTOCOLS
from loadtest.digits.outcome import Objective, Outcome
from loadtest.digits.sampling import Shares
from loadtest.format import number, plural

STATISTICS = ROOT / "model" / "bundles" / "digits" / "statistics.json"


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest digits", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=whole, default=500, help="test images; above 1,000 the full MNIST set is fetched")
    parser.add_argument("--batch", type=whole, default=100, help="images in a request")
    parser.add_argument("--concurrency", type=whole, default=5, help="requests at once")
    parser.add_argument("--host", default="http://127.0.0.1:8000", help="where the server answers")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="json", help="JSON, or binary by the V2 protocol")
    parser.add_argument("--seconds", type=float, default=0.5, help="objective: all answered within")
    parser.add_argument("--accuracy", type=float, default=0.99, help="objective: share of right answers, at least")
    parser.add_argument("--plot", action="store_true", help="draw the predictions beside the training labels")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder of the run folders")
    return parser.parse_args(words)


def whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def run(words: list[str]) -> bool:
    """Ask, tell, and say whether every objective held. Raises CannotRunError, ValueError or OSError."""
    options = parse(words)
    host = options.host.rstrip("/")
    knock(host, ["digits"])
    digits = images.choose(options.n)
    asked = batches.ask(host, digits.images, options.batch, options.concurrency, options.protocol)
    found = Outcome(digits.labels, asked)
    judged = outcome.judge(found, options.seconds, options.accuracy)
    training = trained_on()
    tell(found, judged, training, options)
    if options.plot:
        print(plot(found, training, options.output))
    return all(one.held for one in judged)


def trained_on() -> Shares:
    """The training labels' distribution, as the bundle's statistics have it."""
    statistics = json.loads(STATISTICS.read_text(encoding="utf-8"))
    return outcome.shares_of(statistics["target"]["categories"])


def tell(found: Outcome, judged: Sequence[Objective], training: Shares, options: argparse.Namespace) -> None:
    count, slowest = plural(len(found.batches), "request"), found.slowest
    print(
        f"{number(found.sent)} handwritten digits in {count} of {options.batch} at most, "
        f"{options.concurrency} at once, {options.protocol}, to {options.host}\n"
    )
    for one in judged:
        sign = "held" if one.held else "MISSED"
        print(f"  {sign:6}  {one.name:24} {one.wanted:>6}  {one.seen:>8}  {one.detail}".rstrip())
    span = f"images {slowest.first + 1} to {slowest.first + slowest.count}"
    print(f"          {'Slowest request':24} {'':6}  {slowest.seconds:6.3f} s  {span}\n")
    for name, values in (("digit", CLASSES), ("predicted, %", 100 * found.shares), ("in training, %", 100 * training)):
        cells = (f"{value:6d}" if name == "digit" else f"{value:6.1f}" for value in values)
        print(f"          {name:14}{''.join(cells)}")
    missed = sum(not one.held for one in judged)
    print(f"\n{outcome.compare(found, training)}")
    print(f"NOT PASSED: {missed} of {len(judged)} objectives missed." if missed else "PASSED: All objectives held.")


def plot(found: Outcome, training: Shares, output: Path) -> Path:
    folder = output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    folder.mkdir(parents=True)
    title = f"{number(len(found.answered))} predictions of handwritten digits"
    histogram.draw(title, found.shares, training, folder / "digits.png")
    return folder / "digits.png"
