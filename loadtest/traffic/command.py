"""Make a table of recorded traffic, for `--shape traffic.csv` and `plan simulate traffic.csv`.

    python -m loadtest shape log access.log --step 10s
    python -m loadtest shape prometheus http://127.0.0.1:9090 'sum(rate(mlserving_requests_total[1m]))' --hours 24

Exit status: 0 if the table was written, 2 if there is nothing to write.
"""

import argparse
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

from loadtest.format import number, plural, span
from loadtest.plan import quantities
from loadtest.traffic import access_log, prometheus, table

HOUR = 3600


def run(words: list[str]) -> int:
    """Run one of the commands.

    Raises:
        CannotRunError: Prometheus has no such traffic.
        ValueError: The log has no request.
        OSError: A file cannot be read or written.
    """
    parser = argparse.ArgumentParser(
        prog="python -m loadtest shape", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    log = commands.add_parser("log", help="count the POST requests of access logs")
    log.add_argument("files", type=Path, nargs="+", metavar="FILE", help="this server's log, or in combined format")
    log.set_defaults(action=read_log)
    asked = commands.add_parser("prometheus", help="ask a Prometheus")
    asked.add_argument("url", metavar="URL", help="such as http://127.0.0.1:9090")
    asked.add_argument("query", metavar="QUERY", help="one series of requests per second")
    asked.add_argument("--hours", type=float, default=24, help="how long ago the range begins; default 24")
    asked.set_defaults(action=ask_prometheus)
    for command in (log, asked):
        command.add_argument("--step", type=quantities.seconds, default=10, help="seconds that a row lasts; default 10")
        command.add_argument("--output", type=Path, default=Path("traffic.csv"), metavar="FILE", help="the table")
    options = parser.parse_args(words)
    rates = options.action(options)
    table.write(options.output, rates, options.step)
    lasting, mean, most = span(len(rates) * options.step), number(sum(rates) / len(rates)), number(max(rates))
    print(f"{plural(len(rates), 'row')}, {lasting}, {mean} requests/s on average, {most} at most")
    print(options.output)
    return 0


def read_log(options: argparse.Namespace) -> list[float]:
    with ExitStack() as stack:
        files = [stack.enter_context(path.open(encoding="utf-8", errors="replace")) for path in options.files]
        return access_log.rates(chain.from_iterable(files), options.step)


def ask_prometheus(options: argparse.Namespace) -> list[float]:
    now = time.time() // options.step * options.step
    found = prometheus.query(options.url, options.query, now - options.hours * HOUR, now, options.step)
    if found.missing:
        print(f"{plural(found.missing, 'step')} of {number(len(found.rates))} had no value, and count as 0.")
    return found.rates
