"""Measure the server on this machine: compare it with other servers, or soak it.

    scripts/bench measure [--quick] [--output FOLDER]
    scripts/bench soak [--requests N]

Servers run on CPU core 0 and the load generator on core 1. The exit status is 0 if everything was measured and no
request failed, 1 if a table is missing, a request failed or the soak missed an objective, and 2 if nothing could be
measured.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from loadtest.bench import environment, measure
from loadtest.bench.measure import Measurement
from loadtest.bench.plan import FULL, QUICK
from loadtest.bench.process import LOAD_CORE
from loadtest.bench.request_spec import MeasurementError
from loadtest.bench.soak import soak

PASSED, FAILED, NOT_MEASURED = 0, 1, 2


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # unwind, which kills the servers
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            status: int = options.run(options, Path(folder))
            return status
    except MeasurementError as error:
        print(f"Cannot measure: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. Only the tables printed above were measured.", file=sys.stderr)
    except OSError as error:
        print(f"Cannot measure: {error}.", file=sys.stderr)
    return NOT_MEASURED


def _measure(options: argparse.Namespace, folder: Path) -> int:
    output: Path = options.output
    output.mkdir(parents=True, exist_ok=True)
    if not _ready(measure.problems()):
        return NOT_MEASURED
    results = Measurement(QUICK if options.quick else FULL, folder).run(output)
    print(results.markdown)
    return _conclude(results.failures)


def _soak(options: argparse.Namespace, folder: Path) -> int:
    if not _ready(environment.problems()):
        return NOT_MEASURED
    result = soak(options.requests, folder)
    print(result.summary())
    return _conclude(list(result.failures()))


def _ready(problems: Sequence[str]) -> bool:
    """Report the problems, or move to the load generator's core if there are none."""
    for problem in problems:
        print(f"Cannot measure: {problem}", file=sys.stderr)
    if not problems:
        os.sched_setaffinity(0, {LOAD_CORE})
    return not problems


def _conclude(failures: Sequence[str]) -> int:
    for failure in failures:
        print(f"FAILED  {failure}")
    return FAILED if failures else PASSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    measure = commands.add_parser("measure", help="compare the server with others, in about half an hour")
    measure.add_argument("--quick", action="store_true", help="one short round of each, to see that it works")
    measure.add_argument(
        "--output", type=Path, default=Path("reports/bench"), metavar="FOLDER", help="default: %(default)s"
    )
    measure.set_defaults(run=_measure)
    soaking = commands.add_parser("soak", help="send many requests, 1 in 100 invalid, and check for errors and leaks")
    soaking.add_argument("--requests", type=int, default=500_000, help="default: %(default)s")
    soaking.set_defaults(run=_soak)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
