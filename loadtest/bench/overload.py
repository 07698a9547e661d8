"""How a server behaves when it gets more requests than its capacity, and how soon it recovers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from loadtest.bench import closed_loop, open_loop
from loadtest.bench.open_loop import NO_RESPONSE, OpenLoop, TimedResponse, p99_ms
from loadtest.bench.process import running
from loadtest.bench.request_spec import OK, RequestSpec, get
from loadtest.bench.servers import Server
from loadtest.bench.tabular_models import Model

CAPACITY_CLIENTS = 4
PROBES_PER_SECOND = 50
TIMEOUT = 1.0  # seconds; a later response is of no use to the client
REFUSED = 503
RECOVERY_LIMIT = 10.0  # seconds to wait for recovery

# A server has recovered after this many consecutive correct responses, each within this multiple of the unloaded
# latency.
RECOVERED_RESPONSES, RECOVERED_LATENCY = 5, 5


@dataclass(frozen=True)
class Overload:
    """The result of one overload. Percentiles are None if there was nothing to time.

    Attributes:
        times: the offered rate as a multiple of the capacity.
        capacity: correct responses per second to CAPACITY_CLIENTS clients that wait for each.
        goodput: correct responses within TIMEOUT, per second.
        refused: share of the requests that got a 503.
        timed_out: share of the requests without a response within TIMEOUT.
        failed: number of responses that were neither correct nor a 503.
        recovery_seconds: from the end of the load; None if the server did not recover within RECOVERY_LIMIT.
    """

    server: str
    times: int
    capacity: float
    goodput: float
    accepted_p99_ms: float | None
    refused: float
    refused_p99_ms: float | None
    timed_out: float
    failed: int
    probe_p99_ms: float | None
    probes_timed_out: float
    recovery_seconds: float | None


def overload(server: Server, model: Model, times: int, seconds: int, folder: Path) -> Overload:
    """Start a server, measure its capacity, offer a multiple of it, and wait until the server has recovered."""
    spec = server.first_spec(model.sample(1))
    with running(server.command(model), folder) as process:
        process.wait_for(spec)
        correct = spec.check(process.port)
        capacity = closed_loop.run_wrk(process.port, spec.http(), seconds, CAPACITY_CLIENTS).rate
        end = monotonic() + seconds
        rows, probes = open_loop.run(
            process.port,
            [OpenLoop(spec.http(), times * capacity, TIMEOUT), OpenLoop(get(server.probe), PROBES_PER_SECOND, TIMEOUT)],
            seconds,
        )
        recovery = _recovery(process.port, spec, correct, RECOVERED_LATENCY / capacity, end)
    accepted = [row for row in rows if row.body == correct]
    refused = [row for row in rows if row.status == REFUSED]
    timed_out = [row for row in rows if row.status == NO_RESPONSE]
    answered = [probe for probe in probes if probe.status == OK]
    return Overload(
        server.name,
        times,
        capacity,
        goodput=goodput(accepted, seconds),
        accepted_p99_ms=p99_ms(accepted) if accepted else None,
        refused=len(refused) / len(rows),
        refused_p99_ms=p99_ms(refused) if refused else None,
        timed_out=len(timed_out) / len(rows),
        failed=len(rows) - len(accepted) - len(refused) - len(timed_out),
        probe_p99_ms=p99_ms(answered) if answered else None,
        probes_timed_out=1 - len(answered) / len(probes),
        recovery_seconds=recovery,
    )


def goodput(accepted: Sequence[TimedResponse], seconds: float) -> float:
    """Return the responses per second, over the load and the time after it until the last response.

    Without that time, a queue that is still being processed at the end would count as capacity.
    """
    return len(accepted) / max([seconds, *(response.due + response.seconds for response in accepted)])


def _recovery(port: int, spec: RequestSpec, correct: bytes, limit: float, end: float) -> float | None:
    """Return the seconds from `end` to the first of a series of correct responses, each within `limit` seconds."""
    series, since = 0, 0.0
    while (now := monotonic()) < end + RECOVERY_LIMIT:
        ((response,),) = open_loop.run(port, [OpenLoop(spec.http(), rate=1, timeout=TIMEOUT)], seconds=1)
        recovered = response.body == correct and response.seconds <= limit
        since = now if recovered and not series else since
        series = series + 1 if recovered else 0
        if series == RECOVERED_RESPONSES:
            return since - end
    return None
