"""How servers behave when they get more requests than their capacity, and how soon they recover."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from loadtest.bench import closed_loop, cpu_limit, open_loop, tabular_models
from loadtest.bench.open_loop import NO_RESPONSE, OpenLoop, TimedResponse, p99_ms
from loadtest.bench.plan import Plan
from loadtest.bench.process import running
from loadtest.bench.request_spec import OK, MeasurementError, RequestSpec, get
from loadtest.bench.servers import FASTAPI, IN_A_POD, IN_A_SMALL_POD, KSERVE, Server
from loadtest.bench.tabular_models import Model

CAPACITY_CLIENTS = 2  # one row is predicted while the other waits; a third might be refused
PROBES_PER_SECOND = 50
TIMEOUT, TIMEOUT_ROWS = 1.0, 4  # seconds, and a multiple of a row's time; a later response is of no use to the client
LOAD_ROWS = 20  # the load lasts at least as long as so many rows take
REFUSED = 503
RECOVERY_LIMIT = 10.0  # seconds to wait for recovery, besides the time of the responses that show it

# A server has recovered after this many consecutive correct responses, each within this multiple of the unloaded
# latency.
RECOVERED_RESPONSES, RECOVERED_LATENCY = 5, 5


@dataclass(frozen=True)
class Overload:
    """The result of one overload. Percentiles are None if there was nothing to time.

    Attributes:
        row_ms: the median latency of a row when nothing else is sent.
        times: the offered rate as a multiple of the capacity.
        capacity: correct responses per second to CAPACITY_CLIENTS clients that wait for each.
        goodput: correct responses in time, per second.
        refused: share of the requests that got a 503.
        timed_out: share of the requests without a response in time.
        failed: number of responses that were neither correct nor a 503.
        recovery_seconds: from the end of the load; None if the server did not recover in time.
    """

    server: str
    model: str
    row_ms: float
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


def measure(plan: Plan, folder: Path) -> Iterator[Overload]:
    """Overload the baselines with the forest, which is fast here, and our server with slow models."""
    forest = tabular_models.forest(folder)
    models = [tabular_models.slow(folder, milliseconds) for milliseconds in plan.slow_ms]
    pairs = [(FASTAPI, forest), (KSERVE, forest)]
    pairs += [(IN_A_POD, model) for model in models]
    if problem := cpu_limit.problem():
        print(f"Only whole cores are measured. {problem}", flush=True)
    else:
        pairs += [(IN_A_SMALL_POD, model) for model in models]
    for server, model in pairs:
        for times in plan.times_capacity:
            yield overload(server, model, times, plan.overload_seconds, folder)


def overload(server: Server, model: Model, times: int, seconds: int, folder: Path) -> Overload:
    """Start a server, measure its capacity, offer a multiple of it, and wait until the server has recovered.

    Raises:
        MeasurementError: the server refuses rows without being overloaded.
    """
    spec = server.first_spec(model.sample(1))
    with running(server.command(model), folder) as process:
        process.wait_for(spec)
        correct = spec.check(process.port)
        row_ms = closed_loop.run_wrk(process.port, spec.http(), seconds, connections=1).p50_ms
        seconds = max(seconds, round(LOAD_ROWS * row_ms / 1e3))
        load = closed_loop.run_wrk(process.port, spec.http(), seconds, CAPACITY_CLIENTS)
        if load.failed:
            raise MeasurementError(f"{server.name}: {CAPACITY_CLIENTS} clients had {load.failed} rows refused or lost.")
        capacity = load.rate
        timeout = max(TIMEOUT, TIMEOUT_ROWS * row_ms / 1e3)
        end = monotonic() + seconds
        rows, probes = open_loop.run(
            process.port,
            [
                OpenLoop(spec.http(), times * capacity, timeout),
                OpenLoop(get(server.probe), PROBES_PER_SECOND, timeout, port=process.probe_port),
            ],
            seconds,
        )
        recovery = _recovery(process.port, spec, correct, RECOVERED_LATENCY * row_ms / 1e3, end)
    accepted = [row for row in rows if row.body == correct]
    refused = [row for row in rows if row.status == REFUSED]
    timed_out = [row for row in rows if row.status == NO_RESPONSE]
    answered = [probe for probe in probes if probe.status == OK]
    return Overload(
        server.name,
        model.name,
        row_ms,
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
    last = monotonic() + RECOVERY_LIMIT + RECOVERED_RESPONSES * limit
    while (now := monotonic()) < last:
        ((response,),) = open_loop.run(port, [OpenLoop(spec.http(), rate=1, timeout=max(TIMEOUT, limit))], seconds=1)
        recovered = response.body == correct and response.seconds <= limit
        since = now if recovered and not series else since
        series = series + 1 if recovered else 0
        if series == RECOVERED_RESPONSES:
            return since - end
    return None
