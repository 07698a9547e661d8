"""Draws both sides over each other on one time axis: requests, p99 and, where a cluster was observed, ready pods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from loadtest.compare.runs import Repeat
from loadtest.format import clock
from loadtest.objectives import P99
from loadtest.report.colours import COLOURS
from loadtest.report.timeline import Second
from loadtest.users.load_second import merge_latencies, percentile

STEP = 2  # seconds that a point of the chart stands for
SIDES = ("pod-1", "bad")  # colours
TICKS = 7


def write(a: Sequence[Repeat], b: Sequence[Repeat], path: Path) -> None:
    """Draw every run, with the same colour for those of a side."""
    observed = all(repeat.run.observed for repeat in (*a, *b))
    panels: list[tuple[str, Callable[[Sequence[Second]], float | None]]] = [
        ("Requests answered correctly, per second", _answered),
        (f"p99 latency, ms (objective {P99.limit:g})", _p99),
        *([("Pods ready", _ready)] if observed else []),
    ]
    figure = Figure(figsize=(7.2, 1.9 * len(panels) + 0.7), facecolor=COLOURS["paper"], layout="constrained")
    with mpl.rc_context({"font.size": 13}):
        every = figure.subplots(len(panels), 1, sharex=True)
        for axes, (title, value) in zip(every, panels, strict=True):
            for side, (repeats, colour) in enumerate(zip((a, b), SIDES, strict=True)):
                for place, repeat in enumerate(repeats):
                    label = _label("AB"[side], repeats) if place == 0 else None
                    axes.plot(*_points(repeat, value), color=COLOURS[colour], linewidth=1.6, label=label)
            _style(axes, title, a[0])
        every[1].set_yscale("log")
        every[1].axhline(P99.limit, color=COLOURS["ink"], linewidth=1, linestyle=(0, (5, 3)))
        every[1].yaxis.set_minor_locator(NullLocator())
        every[1].yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for axes in every[::2]:
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        handles, labels = every[0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, ncols=2, loc="outside upper left", labelcolor=COLOURS["ink"])
        FigureCanvasAgg(figure).print_figure(path, dpi=160, facecolor=COLOURS["paper"], metadata={"Software": None})


def _label(side: str, repeats: Sequence[Repeat]) -> str:
    """Return the side's letter, with how many pods its autoscaler may run."""
    cluster = repeats[0].run.plan["cluster"]
    if cluster is None:
        return side
    most = cluster["hpa"]["maxReplicas"]
    return f"{side}: at most {most} pod{'' if most == 1 else 's'}"


def _points(repeat: Repeat, value: Callable[[Sequence[Second]], float | None]) -> tuple[list[float], list[float]]:
    seconds = repeat.run.loaded
    edges = [*range(0, len(seconds), STEP), len(seconds)]
    groups = [seconds[start:end] for start, end in pairwise(edges)]
    found = [value(group) for group in groups]
    return [group[0].t for group in groups], [float("nan") if one is None else one for one in found]


def _answered(seconds: Sequence[Second]) -> float | None:
    return sum(sum(second.load.latency_ms.values()) for second in seconds if second.load) / len(seconds)


def _p99(seconds: Sequence[Second]) -> float | None:
    return percentile(merge_latencies(second.load for second in seconds if second.load), 0.99)


def _ready(seconds: Sequence[Second]) -> float | None:
    return next((second.cluster.ready for second in seconds if second.cluster), None)


def _style(axes: Axes, title: str, repeat: Repeat) -> None:
    axes.set_title(title, loc="left", color=COLOURS["ink"], size=13)
    axes.set_xlim(0, repeat.run.shape.duration)
    axes.xaxis.set_major_locator(MaxNLocator(TICKS, steps=[1, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    axes.grid(color=COLOURS["grid"], linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=COLOURS["muted"], length=0, pad=7)
    for start in (*repeat.run.shape.rises, *repeat.run.shape.falls):
        if start:
            axes.axvline(start, color=COLOURS["muted"], linewidth=1, linestyle=(0, (1, 2)))
