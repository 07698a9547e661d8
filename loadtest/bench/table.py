"""The figures as the markdown that docs/performance.md ends with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

TINY, SMALL = 10, 100


def markdown(report: Mapping[str, Any]) -> str:
    """All sections of a report as loadtest/bench/measure.py makes it."""
    sections = (_machine, _one_row, _forest, _batches, _pictures, _starts, _beside, _overload, _observing)
    return "\n\n".join(section(report) for section in sections) + "\n"


def failures(report: Mapping[str, Any]) -> Iterator[str]:
    """Each measured figure that counts for nothing, since requests failed where none should have."""
    for section in ("one_caller", "many_callers", "forest", "batches", "beside", "observing"):
        yield from _failed(section, report[section])
    for part in ("servers", "beside"):
        yield from _failed("pictures", report["pictures"][part])
    for row in report["overload"]:
        if row["wrong"]:
            yield f"overload: {row['server']} × {row['times']}: {row['wrong']:,} wrong"


def _failed(section: str, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        if row["failed"]:
            yield f"{section}: {row['server']} {row.get('protocol') or row.get('beside')}: {row['failed']:,}"


def _machine(report: Mapping[str, Any]) -> str:
    machine, plan = report["machine"], report["plan"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    git = machine["git"]
    revision = f"revision {git['revision'][:12]}{' with changes' if git['dirty'] else ''}" if git else "no revision"
    return (
        f"{machine['utc']}, {revision}: {machine['cpu']}, {machine['cores']} cores "
        f"({machine['busy_before']:.0%} of them busy with other things before the first round), Linux "
        f"{machine['kernel']}, Python {machine['python']}, wrk {machine['wrk']}, {packages}. "
        f"Medians of {_counted(plan['rounds'], 'round')} of {plan['seconds']} s."
    )


def _one_row(report: Mapping[str, Any]) -> str:
    rows = [
        [
            one["server"],
            one["protocol"],
            *_checked(one, lambda it: [_rate(it["rate"]), _both(it), _times(it["ratio"])]),
            *_checked(many, lambda it: [_rate(it["rate"]), _both(it), _times(it["ratio"]), f"{it['cpu_us']:,.0f}"]),
        ]
        for one, many in zip(report["one_caller"], report["many_callers"], strict=True)
    ]
    one_caller = ("1 caller: req/s", "p50 / p99 ms", "× FastAPI")
    many_callers = ("32 callers: req/s", "p50 / p99 ms", "× FastAPI", "CPU µs a request")
    return _section("One row, logistic regression", ("server", "protocol", *one_caller, *many_callers), rows)


def _forest(report: Mapping[str, Any]) -> str:
    rows = [
        [
            row["server"],
            row["protocol"],
            *_checked(row, lambda it: [_rate(it["rate"]), _both(it), _times(it["ratio"]), f"{it['cpu_us']:,.0f}"]),
        ]
        for row in report["forest"]
    ]
    head = ("server", "protocol", "32 callers: req/s", "p50 / p99 ms", "× FastAPI", "CPU µs a request")
    return _section("One row, random forest of 100 trees", head, rows)


def _batches(report: Mapping[str, Any]) -> str:
    rows = [
        [
            row["server"],
            row["protocol"],
            *_checked(row, lambda it: [_rate(it["rate"] * report["batch_rows"]), _both(it), _times(it["ratio"])]),
        ]
        for row in report["batches"]
    ]
    head = ("server", "protocol", "predictions/s", "p50 / p99 ms a batch", "× FastAPI")
    return _section(f"Batches of {report['batch_rows']:,} rows, logistic regression", head, rows)


def _pictures(report: Mapping[str, Any]) -> str:
    batch, beside = report["pictures"]["batch"], report["pictures"]["beside"]

    def cells(row: Row) -> list[str]:
        return [_rate(row["rate"] * batch), _both(row), _times(row["ratio"]), _ms(row["cpu_us"] / 1e3)]

    def own(row: Row) -> list[str]:
        first = beside[0]
        share = "–" if first["failed"] else f"1/{first['least_cpu_us'] / row['least_cpu_us']:.1f}"
        return [_ms(row["least_cpu_us"] / 1e3), share]

    rows = [
        [whole["server"], whole["protocol"], *_checked(whole, cells), *_checked(hollow, own)]
        for whole, hollow in zip(report["pictures"]["servers"], beside, strict=True)
    ]
    batches = ("predictions/s", "p50 / p99 ms a batch", "× FastAPI", "CPU ms a batch")
    head = ("server", "protocol", *batches, "of it beside the network, ms", "of FastAPI's")
    return _section(f"Batches of {batch} handwritten digits, one caller", head, rows)


def _starts(report: Mapping[str, Any]) -> str:
    after = {row["server"]: row["mib"] for row in report["after_load"]}
    rows = [
        [row["server"], f"{row['seconds']:.2f}", f"{row['mib']:.0f}", f"{after[row['server']]:.0f}"]
        for row in report["cold"]
    ]
    head = ("server", "exec to first right answer, s", "memory then, MiB", "after the load above, MiB")
    return _section("Cold start and memory", head, rows)


def _beside(report: Mapping[str, Any]) -> str:
    rows = [
        [
            row["server"],
            row["beside"],
            *_checked(row, lambda it: [_ms(it["row_p99_ms"]), _ms(it["probe_p99_ms"])]),
            _rate(row["batch_rows_per_second"]),
        ]
        for row in report["beside"]
    ]
    head = ("server", "batches beside", "one row: p99 ms", "probe: p99 ms", "rows/s of the batches")
    return _section("One row and a probe beside batches", head, rows)


def _overload(report: Mapping[str, Any]) -> str:
    rows = [
        [
            row["server"],
            f"{row['times']} × {row['capacity']:,.0f}/s",
            f"{row['goodput'] / row['capacity']:.0%}",
            _ms(row["accepted_p99_ms"]),
            f"{row['refused']:.0%}",
            _ms(row["refused_p99_ms"]),
            f"{row['unheard']:.0%}",
            _ms(row["probe_p99_ms"]),
            f"{row['probes_unheard']:.0%}",
            "not seen" if row["recovery_seconds"] is None else f"{row['recovery_seconds']:.1f}",
        ]
        for row in report["overload"]
    ]
    answered = ("goodput of capacity", "accepted: p99 ms", "refused", "p99 ms", "no answer in 1 s")
    head = ("server", "offered", *answered, "probe: p99 ms", "none in 1 s", "recovery s")
    return _section("Overload, a model of several milliseconds a row", head, rows)


def _observing(report: Mapping[str, Any]) -> str:
    def cost(figure: str) -> str:
        observed, unobserved = (row[figure] for row in report["observing"])
        taken = observed - unobserved
        return f"{taken:.1f} of the {observed:.1f} µs of CPU a request, {taken / observed:.0%}"

    return (
        "### Metrics and log\n\n"
        f"Counting each request and writing its line takes {cost('least_cpu_us')}, by the difference to the same "
        f"server without the two in the rounds that took least; by the medians of all rounds {cost('cpu_us')}."
    )


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(cells) for cells in (head, ["---"] * len(head), *rows)]
    return f"### {title}\n\n" + "\n".join(f"| {line} |" for line in lines)


def _checked(row: Row, cells: Callable[[Row], list[str]]) -> list[str]:
    """Figures of requests that failed are none."""
    return [f"failed: {row['failed']:,}"] * len(cells(row)) if row["failed"] else cells(row)


def _both(row: Row) -> str:
    return f"{_ms(row['p50_ms'])} / {_ms(row['p99_ms'])}"


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value else "–"


def _times(value: float) -> str:
    return f"{value:.1f}" if value < TINY else f"{value:,.0f}"


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if value < TINY else f"{value:.1f}" if value < SMALL else f"{value:,.0f}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
