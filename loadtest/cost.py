"""Ask the media-cost model about rows one by one, and print each answer.

    python -m loadtest cost -n 5

Exit status: 0 if every row got a cost, 1 if one did not, 2 if the command could not run.
"""

import argparse
import csv
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from itertools import cycle, islice
from pathlib import Path

from loadtest.plan import quantities
from loadtest.users.models import COST, TIMEOUT, check_host


def read_rows() -> list[dict[str, float]]:
    """Return synthetic rows: tests/loadtest/test_campaigns.py draws them from the statistics of the model."""
    with Path(__file__).with_name("campaigns.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest cost", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    about = "rows to send; after the last one comes the first again"
    parser.add_argument("-n", type=quantities.whole, default=5, help=about)
    parser.add_argument("--host", default="http://127.0.0.1:9696", help="URL of the server")
    return parser.parse_args(words)


def run(words: list[str]) -> int:
    """Send rows, print the answers, and return the exit status: 0 if each is a cost.

    Raises:
        CannotRunError: The server does not respond or lacks the model.
    """
    options = parse(words)
    host = options.host.rstrip("/")
    check_host(host, [COST])
    answered = 0
    for place, row in enumerate(islice(cycle(read_rows()), options.n), 1):
        found, answer = ask(f"{host}/predict/{COST}", row)
        print(f"{place}: {answer}")
        answered += found
    return 0 if answered == options.n else 1


def ask(url: str, row: Mapping[str, float]) -> tuple[bool, str]:
    """Return whether the server gave a cost, and its answer or what went wrong."""
    body = json.dumps(row).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310  check_host did
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=TIMEOUT) as response:
            text = response.read().decode()
        return isinstance(json.loads(text)["cost"], float | int), text
    except urllib.error.HTTPError as error:
        with error:
            return False, error.read().decode(errors="replace")
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        return False, repr(error)
