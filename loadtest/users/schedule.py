"""When the requests of a user are due in an open loop, in which no response delays the next request."""

import random
from typing import Literal, get_args

Arrivals = Literal["constant", "poisson"]
ARRIVALS: tuple[Arrivals, ...] = get_args(Arrivals)
LATE_MS = 50.0  # a request sent later than this after it was due was delayed by the load generator
IN_FLIGHT = 100  # requests of one user at a time; what would be more is not sent


def interval(arrivals: Arrivals, rate: float) -> float:
    """Return the seconds from one request to the next, at a constant number of requests per second."""
    return gap(arrivals) / rate


def gap(arrivals: Arrivals) -> float:
    """Return the gap between a request and the next one, as a multiple of the mean gap.

    Args:
        arrivals: `constant`: evenly spaced. `poisson`: as independent callers arrive, so that some come together.
    """
    return 1.0 if arrivals == "constant" else random.expovariate(1)
