"""What becomes of a server that is asked for more than it can do, and how soon it is itself again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from loadtest.bench import wrk
from loadtest.bench.models import Model
from loadtest.bench.open_loop import GAVE_UP, Answer, Offer, offer, p99_ms
from loadtest.bench.process import running
from loadtest.bench.request_spec import OK, Ask, get
from loadtest.bench.servers import Server

CALLERS_AT_PEACE = 4
PROBES_PER_SECOND = 50
PATIENCE = 1.0
"""Seconds after which a caller gives up: a right answer later than that is of no use to it."""
REFUSED = 503
WATCHED = 10.0
"""Seconds that a server is given to recover."""
QUICK_AGAIN, IN_A_ROW = 5, 5
"""Recovered is who answers so many times in a row, each within so many times what a row takes at peace."""


@dataclass(frozen=True)
class Overload:
    """times: how often the capacity is offered, the right answers a second that callers at peace get.

    goodput: right answers a second; refused, unheard: shares of the requests, the second without an answer in time;
    wrong: answers that are neither right nor a refusal; recovery_seconds: from the end of the load. None where there
    was nothing to take a time of, or the server did not recover while it was watched.
    """

    server: str
    times: int
    capacity: float
    goodput: float
    accepted_p99_ms: float | None
    refused: float
    refused_p99_ms: float | None
    unheard: float
    wrong: int
    probe_p99_ms: float | None
    probes_unheard: float
    recovery_seconds: float | None


def overload(server: Server, model: Model, times: int, seconds: int, folder: Path) -> Overload:
    """A fresh server: its capacity, then so many times as much, then until it answers as before."""
    ask = server.first(model.sample(1))
    with running(server.start(model), folder) as process:
        process.wait_for(ask)
        right = ask.check(process.port)
        capacity = wrk.load(process.port, ask.http(), seconds, CALLERS_AT_PEACE).rate
        end = monotonic() + seconds
        rows, probes = offer(
            process.port,
            [Offer(ask.http(), times * capacity, PATIENCE), Offer(get(server.probe), PROBES_PER_SECOND, PATIENCE)],
            seconds,
        )
        recovery = _recovery(process.port, ask, right, QUICK_AGAIN / capacity, end)
    accepted = [row for row in rows if row.body == right]
    refused = [row for row in rows if row.status == REFUSED]
    unheard = [row for row in rows if row.status == GAVE_UP]
    heard = [one for one in probes if one.status == OK]
    return Overload(
        server.name,
        times,
        capacity,
        goodput=answers_per_second(accepted, seconds),
        accepted_p99_ms=p99_ms(accepted) if accepted else None,
        refused=len(refused) / len(rows),
        refused_p99_ms=p99_ms(refused) if refused else None,
        unheard=len(unheard) / len(rows),
        wrong=len(rows) - len(accepted) - len(refused) - len(unheard),
        probe_p99_ms=p99_ms(heard) if heard else None,
        probes_unheard=1 - len(heard) / len(probes),
        recovery_seconds=recovery,
    )


def answers_per_second(answers: Sequence[Answer], seconds: float) -> float:
    """Over the load, and until the last answer where that comes after it: what waits at the end is no gift."""
    return len(answers) / max([seconds, *(one.due + one.seconds for one in answers)])


def _recovery(port: int, ask: Ask, right: bytes, limit: float, end: float) -> float | None:
    """Seconds from `end` to the first of a series of right answers, each within `limit` seconds."""
    series, since = 0, 0.0
    while (now := monotonic()) < end + WATCHED:
        ((answer,),) = offer(port, [Offer(ask.http(), rate=1, patience=PATIENCE)], seconds=1)
        quick = answer.body == right and answer.seconds <= limit
        since = now if quick and not series else since
        series = series + 1 if quick else 0
        if series == IN_A_ROW:
            return since - end
    return None
