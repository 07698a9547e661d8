"""Measure the server on this machine: side by side with others, or for long.

    scripts/bench measure [--quick] [--output FOLDER]
    scripts/bench soak [--requests N]

Core 0 is the servers', core 1 the load's. The exit status is 0 when nothing failed, 1 when a request or an objective
did, 2 when it could not be measured.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from loadtest.bench.measure import FULL, QUICK, Measurement
from loadtest.bench.process import LOAD_CORE, SERVER_CORE
from loadtest.bench.request_spec import WrongAnswer
from loadtest.bench.soak import soak
from loadtest.bench.table import failures, markdown

PASSED, FAILED, NOT_MEASURED = 0, 1, 2


def main(words: list[str]) -> int:
    arguments = _parser().parse_args(words)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing that was started outlives this process
        os.sched_setaffinity(0, {LOAD_CORE})
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            status: int = arguments.run(arguments, Path(folder))
            return status
    except WrongAnswer as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted: nothing was measured.", file=sys.stderr)
    except OSError as error:
        print(
            f"Nothing was measured: {error}. It takes Linux, the cores {SERVER_CORE} and {LOAD_CORE}, taskset and "
            "wrk, which scripts/bench sees to.",
            file=sys.stderr,
        )
    return NOT_MEASURED


def _measure(arguments: argparse.Namespace, folder: Path) -> int:
    report = Measurement(QUICK if arguments.quick else FULL, folder).run()
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    (output / "bench.json").write_text(json.dumps(report, indent=2, allow_nan=False) + "\n")
    (output / "performance.md").write_text(table := markdown(report))
    print(f"\n{table}\n{output / 'performance.md'}")
    return _judged(list(failures(report)))


def _soak(arguments: argparse.Namespace, folder: Path) -> int:
    outcome = soak(arguments.requests, folder)
    print(outcome.words())
    return _judged(list(outcome.faults()))


def _judged(faults: list[str]) -> int:
    for fault in faults:
        print(f"FAILED  {fault}")
    return FAILED if faults else PASSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    measure = commands.add_parser("measure", help="every server in turn, over and over, and the table of their medians")
    measure.add_argument("--quick", action="store_true", help="one short round of each: to see that it works")
    measure.add_argument("--output", type=Path, default=Path("reports/bench"), metavar="FOLDER", help="%(default)s")
    measure.set_defaults(run=_measure)
    for_long = commands.add_parser("soak", help="many requests, one in a hundred bad: is each answer right, is it flat")
    for_long.add_argument("--requests", type=int, default=500_000, help="%(default)s")
    for_long.set_defaults(run=_soak)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
