"""Check the objectives of the digits model: send test images of MNIST in concurrent batches.

    python -m loadtest digits -n 500 --concurrency 5 --plot

Exit status: 0 if every objective held, 1 if one was missed, 2 if it could not run.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from loadtest.cluster.preflight import ROOT
from loadtest.digits import batches, histogram, images, outcome
from loadtest.digits.batches import CLASSES, PROTOCOLS
from loadtest.digits.outcome import Criterion, DigitsOutcome
from loadtest.digits.sampling import Shares
from loadtest.format import number, plural
from loadtest.plan import quantities
from loadtest.users.models import check_host

STATISTICS = ROOT / "model" / "bundles" / "digits" / "statistics.json"


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest digits", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "-n", type=quantities.whole, default=500, help="test images to send; above 1,000 the full MNIST set is fetched"
    )
    parser.add_argument("--batch", type=quantities.whole, default=100, help="images per request")
    parser.add_argument("--concurrency", type=quantities.whole, default=5, help="concurrent requests")
    parser.add_argument("--host", default="http://127.0.0.1:8000", help="URL of the server")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="json", help="JSON, or the binary form of V2")
    parser.add_argument("--seconds", type=float, default=0.5, help="objective: time for all predictions")
    parser.add_argument("--accuracy", type=float, default=0.99, help="objective: minimum share of correct predictions")
    parser.add_argument("--plot", action="store_true", help="draw the predictions next to the training labels")
    parser.add_argument("--output", type=Path, default=Path("reports"), help="folder for the run folders")
    return parser.parse_args(words)


def run(words: list[str]) -> int:
    """Send the images, print the figures, and return the exit status.

    Raises:
        CannotRunError: The server does not respond or lacks the model.
        ValueError: There are not enough images, or they cannot be fetched.
        OSError: A file cannot be read or written.
    """
    options = parse(words)
    host = options.host.rstrip("/")
    check_host(host, ["digits"])
    digits = images.choose(options.n)
    results = batches.send_batches(host, digits.images, options.batch, options.concurrency, options.protocol)
    found = DigitsOutcome(digits.labels, results)
    criteria = outcome.judge(found, options.seconds, options.accuracy)
    training = training_shares()
    print_outcome(found, criteria, training, options)
    if options.plot:
        print(plot(found, training, options.output))
    return 0 if all(criterion.held for criterion in criteria) else 1


def training_shares() -> Shares:
    """Return the distribution of the training labels, from the bundle's statistics."""
    statistics = json.loads(STATISTICS.read_text(encoding="utf-8"))
    return outcome.shares_of(statistics["target"]["categories"])


def print_outcome(
    found: DigitsOutcome, criteria: Sequence[Criterion], training: Shares, options: argparse.Namespace
) -> None:
    count, slowest = plural(len(found.batches), "request"), found.slowest
    print(
        f"{number(found.sent)} handwritten digits in {count} of up to {options.batch}, "
        f"{options.concurrency} at a time, {options.protocol}, to {options.host}\n"
    )
    for criterion in criteria:
        status = "held" if criterion.held else "MISSED"
        figures = f"{criterion.name:24} {criterion.limit:>6}  {criterion.measured:>8}  {criterion.detail}"
        print(f"  {status:6}  {figures}".rstrip())
    span = f"images {slowest.first + 1} to {slowest.first + slowest.count}"
    print(f"          {'Slowest request':24} {'':6}  {slowest.seconds:6.3f} s  {span}\n")
    for name, values in (("digit", CLASSES), ("predicted, %", 100 * found.shares), ("in training, %", 100 * training)):
        cells = (f"{value:6d}" if name == "digit" else f"{value:6.1f}" for value in values)
        print(f"          {name:14}{''.join(cells)}")
    missed = sum(not criterion.held for criterion in criteria)
    print(f"\n{outcome.compare(found, training)}")
    print(f"NOT PASSED: {missed} of {len(criteria)} objectives missed." if missed else "PASSED: All objectives held.")


def plot(found: DigitsOutcome, training: Shares, output: Path) -> Path:
    folder = output / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    folder.mkdir(parents=True)
    title = f"{number(len(found.answered))} predictions of handwritten digits"
    histogram.draw(title, found.shares, training, folder / "digits.png")
    return folder / "digits.png"
