"""Count the requests of access logs: this server's own, one JSON object per line, or the combined format of nginx.

Predictions are POST requests, so that others (probes, metrics, pages) are not counted.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from loadtest.format import number

# Both may have something before them, as the name of the pod from `kubectl logs --prefix`.
OWN = re.compile(r'\{"time":"([^"]+)","level":"info","message":"request","route":"[^"]*","method":"([A-Z]+)"')
COMBINED = re.compile(r'\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "([A-Z]+) ')
COMBINED_TIME = "%d/%b/%Y:%H:%M:%S %z"
MOST_STEPS = 5_000_000  # a line with a wrong date would otherwise fill the memory with steps without a request


def rates(lines: Iterable[str], step: float) -> list[float]:
    """Return the POST requests per second of each `step` seconds, from the first one to the last one.

    Raises:
        ValueError: There is none, or there are too many steps.
    """
    counts = Counter(int(t // step) for t in map(_time_of_post, lines) if t is not None)
    if not counts:
        raise ValueError(
            "There is no POST request in the log, neither in this server's format nor in the combined one."
        )
    first, last = min(counts), max(counts)
    if last - first >= MOST_STEPS:
        span = " to ".join(f"{datetime.fromtimestamp(place * step, UTC):%Y-%m-%d}" for place in (first, last))
        raise ValueError(
            f"The log goes from {span}, which is more than {number(MOST_STEPS)} steps. "
            "Remove the lines with a wrong date, or use a longer --step."
        )
    return [counts[place] / step for place in range(first, last + 1)]


def _time_of_post(line: str) -> float | None:
    """Return when a line's request was logged, in seconds since the epoch; None for any other line."""
    try:
        if found := OWN.search(line):
            time = datetime.fromisoformat(found[1])
        elif found := COMBINED.search(line):
            time = datetime.strptime(found[1], COMBINED_TIME)
        else:
            return None
        return time.timestamp() if found[2] == "POST" else None
    except (ValueError, OverflowError):  # there is no such date, such as 31 February
        return None
