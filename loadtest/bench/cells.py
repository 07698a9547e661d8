"""How the benchmark's figures are written in the cells of a Markdown table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]

TINY, SMALL = 10, 100


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(cells) for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def void_if_failed(row: Figures, cells: Callable[[Figures], list[str]]) -> list[str]:
    return [f"failed: {row['failed']:,}"] * len(cells(row)) if row["failed"] else cells(row)


def latency(row: Figures) -> str:
    return f"{ms(row['p50_ms'])} / {ms(row['p99_ms'])}"


def rate(value: float) -> str:
    return f"{value:,.0f}" if value else "–"


def ratio(value: float) -> str:
    return f"{value:.1f}" if value < TINY else f"{value:,.0f}"


def mib(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def ms(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if value < TINY else f"{value:.1f}" if value < SMALL else f"{value:,.0f}"
