"""The benchmark's tables in Markdown, as they appear in docs/performance.md."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loadtest.bench.cells import Figures, latency, mib, ms, rate, ratio, table, void_if_failed


@dataclass(frozen=True)
class Table:
    """One table of the report.

    Attributes:
        render: returns the text below the title.
        sections: keys of the figures with a count of failed requests in each row.
    """

    title: str
    render: Callable[[Figures], str]
    sections: Sequence[str]

    def markdown(self, figures: Figures) -> str:
        return f"### {self.title}\n\n{self.render(figures)}"

    def failures(self, figures: Figures) -> Iterator[str]:
        """Describe each row whose figures are void because requests failed."""
        for section in self.sections:
            for row in figures[section]:
                if row["failed"]:
                    name = row.get("protocol") or row.get("background") or f"{row.get('times')} × capacity"
                    yield f"{self.title}: {row['server']}, {name}: {row['failed']:,} requests failed"


def machine(figures: Figures) -> str:
    """Return the paragraph that says where, when and with which versions the figures were measured."""
    machine, plan = figures["machine"], figures["plan"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    git = machine["git"]
    revision = f"revision {git['revision'][:12]}{' with changes' if git['dirty'] else ''}" if git else "no revision"
    rounds = f"{plan['rounds']} round{'' if plan['rounds'] == 1 else 's'}"
    return (
        f"{machine['utc']}, {revision}: {machine['cpu']}, {machine['cores']} cores "
        f"({machine['busy_before']:.0%} busy before the first round), Linux {machine['kernel']}, "
        f"Python {machine['python']}, wrk {machine['wrk']}, {packages}. "
        f"Medians of {rounds} of {plan['seconds']} s."
    )


def _one_row(figures: Figures) -> str:
    rows = [
        [
            one["server"],
            one["protocol"],
            *void_if_failed(one, lambda it: [rate(it["rate"]), latency(it), ratio(it["ratio"])]),
            *void_if_failed(many, _rate_and_cpu),
        ]
        for one, many in zip(figures["one_client"], figures["many_clients"], strict=True)
    ]
    one_client = ("1 client: req/s", "p50 / p99 ms", "× FastAPI")
    many_clients = ("32 clients: req/s", "p50 / p99 ms", "× FastAPI", "CPU µs/request")
    return table(("server", "protocol", *one_client, *many_clients), rows)


def _forest(figures: Figures) -> str:
    rows = [[row["server"], row["protocol"], *void_if_failed(row, _rate_and_cpu)] for row in figures["forest"]]
    return table(("server", "protocol", "32 clients: req/s", "p50 / p99 ms", "× FastAPI", "CPU µs/request"), rows)


def _sklearn(figures: Figures) -> str:
    def cells(row: Figures) -> list[str]:
        return [rate(row["rate"]), latency(row), ratio(row["ratio"])]

    loads = ("sklearn_one_client", "sklearn_many_clients", "sklearn_batches")
    rows = [
        [of_one[0]["model"], of_one[0]["server"], *(cell for row in of_one for cell in void_if_failed(row, cells))]
        for of_one in zip(*(figures[load] for load in loads), strict=True)
    ]
    figure = ("p50 / p99 ms", "× KServe")
    requests = (f"{load}: req/s" for load in ("1 client", "32 clients", f"{figures['batch_rows']:,} rows"))
    return table(("pipeline", "server", *(name for first in requests for name in (first, *figure))), rows)


def _grpc(figures: Figures) -> str:
    rows = [[row["server"], *void_if_failed(row, _rate_and_cpu)] for row in figures["grpc"]]
    return table(("server", "32 callers: req/s", "p50 / p99 ms", "× KServe", "CPU µs/request"), rows)


def _rate_and_cpu(row: Figures) -> list[str]:
    return [rate(row["rate"]), latency(row), ratio(row["ratio"]), f"{row['cpu_us']:,.0f}"]


def _batches(figures: Figures) -> str:
    def cells(row: Figures) -> list[str]:
        return [rate(row["rate"] * figures["batch_rows"]), latency(row), ratio(row["ratio"])]

    rows = [[row["server"], row["protocol"], *void_if_failed(row, cells)] for row in figures["batches"]]
    return table(("server", "protocol", "predictions/s", "p50 / p99 ms per batch", "× FastAPI"), rows)


def _digits(figures: Figures) -> str:
    stubs = figures["digits_stub"]

    def cells(row: Figures) -> list[str]:
        return [rate(row["rate"] * figures["digits_batch"]), latency(row), ratio(row["ratio"]), ms(row["cpu_us"] / 1e3)]

    def stub_cells(row: Figures) -> list[str]:
        share = "–" if stubs[0]["failed"] else f"1/{stubs[0]['least_cpu_us'] / row['least_cpu_us']:.1f}"
        return [ms(row["least_cpu_us"] / 1e3), share]

    rows = [
        [row["server"], row["protocol"], *void_if_failed(row, cells), *void_if_failed(stub, stub_cells)]
        for row, stub in zip(figures["digits"], stubs, strict=True)
    ]
    batches = ("predictions/s", "p50 / p99 ms per batch", "× FastAPI", "CPU ms/batch")
    return table(("server", "protocol", *batches, "without the network, ms", "of FastAPI's"), rows)


def _cold_start(figures: Figures) -> str:
    rows = [
        [row["server"], f"{row['seconds']:.2f}", f"{row['mib']:.0f}", mib(row["after_load_mib"])]
        for row in figures["cold_start"]
    ]
    head = ("server", "exec to first correct response, s", "memory at that time, MiB", "memory after the load, MiB")
    return table(head, rows)


def _interference(figures: Figures) -> str:
    rows = [
        [
            row["server"],
            row["background"],
            *void_if_failed(row, lambda it: [ms(it["row_p99_ms"]), ms(it["probe_p99_ms"])]),
            rate(row["batch_rows_per_second"]),
        ]
        for row in figures["interference"]
    ]
    head = ("server", "background load", "one row: p99 ms", "probe: p99 ms", "background rows/s")
    return table(head, rows)


def _overload(figures: Figures) -> str:
    rows = [
        [
            row["server"],
            f"{row['model']}: {ms(row['row_ms'])}",
            f"{row['times']} × {rate(row['capacity'])}/s",
            f"{row['goodput'] / row['capacity']:.0%}",
            ms(row["accepted_p99_ms"]),
            f"{row['refused']:.0%}",
            ms(row["refused_p99_ms"]),
            f"{row['timed_out']:.0%}",
            ms(row["probe_p99_ms"]),
            f"{row['probes_timed_out']:.0%}",
            "none" if row["recovery_seconds"] is None else f"{row['recovery_seconds']:.1f}",
        ]
        for row in figures["overload"]
    ]
    requests = ("goodput / capacity", "accepted: p99 ms", "refused", "refused: p99 ms", "timed out")
    return table(
        ("server", "a row, ms", "offered", *requests, "probe: p99 ms", "probes timed out", "recovery, s"), rows
    )


def _loop_lag(figures: Figures) -> str:
    def cells(row: Figures) -> list[str]:
        kinds = ("", "lag_", "request_")
        return [rate(row["rate"]), *(f"{ms(row[kind + 'p50_ms'])} / {ms(row[kind + 'p99_ms'])}" for kind in kinds)]

    rows = [[f"{row['connections']:,}", *void_if_failed(row, cells)] for row in figures["loop_lag"]]
    metrics = ("loop lag: p50 / p99 ms", "mlserving_request_seconds: p50 / p99 ms")
    return table(("connections", "req/s", "callers: p50 / p99 ms", *metrics), rows)


def _observability(figures: Figures) -> str:
    def cost(figure: str) -> str:
        with_both, without = (row[figure] for row in figures["observability"])
        used = with_both - without
        return f"{used:.1f} of {with_both:.1f} µs of CPU per request ({used / with_both:.0%})"

    return (
        f"Request metrics and the access log take {cost('least_cpu_us')}. This is the difference from the same server "
        "without them, each in its round with the least CPU time. By the medians of all rounds it is "
        f"{cost('cpu_us')}."
    )


ONE_ROW = Table("One row, logistic regression", _one_row, ("one_client", "many_clients"))
FOREST = Table("One row, random forest of 100 trees", _forest, ("forest",))
SKLEARN = Table(
    "Pipelines that scikit-learn runs", _sklearn, ("sklearn_one_client", "sklearn_many_clients", "sklearn_batches")
)
GRPC = Table("One row over gRPC, logistic regression", _grpc, ("grpc",))
BATCHES = Table("Batches of 1,000 rows, logistic regression", _batches, ("batches",))
DIGITS = Table("Batches of 100 handwritten digits, one client", _digits, ("digits", "digits_stub"))
COLD_START = Table("Cold start and memory", _cold_start, ())
INTERFERENCE = Table("One row and a probe under background load", _interference, ("interference",))
LOOP_LAG = Table("What callers wait and what the metrics say", _loop_lag, ("loop_lag",))
OVERLOAD = Table("Overload", _overload, ("overload",))
OBSERVABILITY = Table("Metrics and log", _observability, ("observability",))
TABLES = (ONE_ROW, FOREST, SKLEARN, GRPC, BATCHES, DIGITS, COLD_START, INTERFERENCE, LOOP_LAG, OVERLOAD, OBSERVABILITY)
