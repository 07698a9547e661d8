"""The picture: users, requests, latency, CPU and replicas under one another on one time axis.

Two layouts of the same panels, `WIDE` for a desk and paper, `NARROW` for a phone. In SVG each colour becomes a CSS
variable, so that the page's dark style reaches into the picture; PNG is light.
"""

import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator, NullLocator

from loadtest import scaling
from loadtest.objectives import P99
from loadtest.seconds import percentile
from loadtest.story import gaps
from loadtest.timeline import Moment, Run
from loadtest.words import clock

# Okabe and Ito's colours and greys: told apart by every kind of colour vision, and by lightness in grey print.
COLOURS = {
    "ink": "#1f2328",
    "muted": "#6a737d",
    "grid": "#e4e7ea",
    "paper": "#fffffe",
    "users": "#7d8590",
    "pod-1": "#0072b2",
    "pod-2": "#56b4e9",
    "pod-3": "#a9d7f2",
    "bad": "#d55e00",
    "p99": "#8a3d7a",
    "p95": "#c07db2",
    "p50": "#dfbcd8",
    "cpu": "#009e73",
    "cpu-pod": "#8fd3bf",
    "ready": "#c3ccd5",
    "desired": "#1f2329",
    "hatch": "#d0d4d9",
}
PODS = ("pod-1", "pod-2", "pod-3")


@dataclass(frozen=True)
class Layout:
    """Inches and points; an SVG point is a CSS pixel at the width it is drawn for."""

    name: str
    width: float
    panel: float
    font: float
    left: float
    right: float


WIDE = Layout("wide", 14.4, 1.55, 13, 0.75, 0.25)
NARROW = Layout("narrow", 4.8, 1.35, 11.5, 0.5, 0.12)
TOP, BOTTOM, GAP = 0.42, 0.42, 0.46  # inches


def draw(run: Run, layout: Layout) -> Figure:
    panels = (users, requests, latency, cpu, replicas) if run.watched else (users, requests, latency)
    height = TOP + BOTTOM + len(panels) * (layout.panel + GAP)
    figure = Figure(figsize=(layout.width, height), facecolor=COLOURS["paper"])
    with mpl.rc_context({"font.size": layout.font}):
        for row, panel in enumerate(panels):
            bottom = height - TOP - (row + 1) * (layout.panel + GAP)
            width = layout.width - layout.left - layout.right
            box = (layout.left / layout.width, bottom / height, width / layout.width, layout.panel / height)
            axes = figure.add_axes(box)
            dress(axes, run, layout, last=row == len(panels) - 1)
            title(axes, panel(axes, run), layout)
            mark(axes, run, layout, first=row == 0)
    return figure


def png(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_figure(path, dpi=120, facecolor=COLOURS["paper"], metadata={"Software": None})


def svg(figure: Figure, name: str) -> str:
    """An `<svg>` element for a page: text stays text, colours are `var(--…)`, no fixed size."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        canvas = FigureCanvasSVG(figure)
        canvas.print_figure(buffer, facecolor="none", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(
        r'(<svg[^>]*?) width="[^"]*" height="[^"]*"|(<svg[^>]*?) height="[^"]*"( [^>]*?)width="[^"]*"',
        r"\1\2\3",
        text,
        count=1,
    )
    for colour, value in COLOURS.items():
        text = text.replace(value, f"var(--{colour})")
    return re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)


# Panels: each draws itself and returns its title as (words, colour) pieces.

Title = list[tuple[str, str]]
NAN = float("nan")


def series(moments: Sequence[Moment], value: Callable[[Moment], float | None]) -> list[float]:
    """`value` of each moment; NaN, which leaves a gap in a line, where it is None."""
    return [NAN if (found := value(moment)) is None else found for moment in moments]


def known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def users(axes: Axes, run: Run) -> Title:
    moments = run.loaded
    t, count = [m.t for m in moments], series(moments, lambda m: m.load.users if m.load else None)
    axes.fill_between(t, count, step="post", color=COLOURS["users"], alpha=0.35, linewidth=0)
    axes.step(t, count, where="post", color=COLOURS["users"], linewidth=1.5)
    axes.set_ylim(0, 1.3 * max((stage.users for stage in run.shape.stages), default=1))
    return [("Users", "ink")]


def requests(axes: Axes, run: Run) -> Title:
    moments = run.loaded
    t = [m.t for m in moments]
    pods = [share.pod for share in scaling.shares(run) if share.requests]
    stacks = [[float(m.load.pods[pod]) if m.load else 0.0 for m in moments] for pod in pods]
    axes.stackplot(t, stacks, colors=[COLOURS[PODS[i % len(PODS)]] for i in range(len(pods))], linewidth=0, step="post")
    words: Title = [("Requests/s", "ink")]
    if len(pods) > 1:
        words += [("by pod", "muted"), *((f"{i + 1}", PODS[i % len(PODS)]) for i in range(len(pods)))]
    if run.offered_per_user is not None:
        rate = run.offered_per_user
        offered = series(moments, lambda m: m.load.users * rate if m.load else None)
        axes.step(t, offered, where="post", color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 1.5)))
        words.append(("┈ asked for", "ink"))
    bad = [float(m.load.failed + m.load.lost) if m.load else 0.0 for m in moments]
    if any(bad):
        axes.bar(t, bad, width=1, align="edge", color=COLOURS["bad"], zorder=4)
        words.append(("failed or lost", "bad"))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    return words


def latency(axes: Axes, run: Run) -> Title:
    moments = run.loaded
    t = [m.t for m in moments]
    highest = P99.limit
    for q in (50, 95, 99):
        values = series(moments, lambda m, q=q: percentile(m.load.latency_ms, q / 100) if m.load else None)  # type: ignore[misc]
        highest = max([highest, *known(values)])
        axes.step(t, values, where="post", color=COLOURS[f"p{q}"], linewidth=1.4)
    axes.axhline(P99.limit, color=COLOURS["p99"], linewidth=1, linestyle=(0, (5, 3)))
    axes.set_yscale("log")
    axes.set_ylim(0.5, 2.5 * highest)
    axes.yaxis.set_major_locator(FixedLocator([1, 10, 100, 1000, 10000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    return [
        ("Latency, ms", "ink"),
        ("p50", "p50"),
        ("p95", "p95"),
        ("p99", "p99"),
        (f"╌ p99 objective {P99.limit:g}", "p99"),
    ]


def cpu(axes: Axes, run: Run) -> Title:
    t = [m.t for m in run.moments]
    target = series(run.moments, lambda m: m.cluster.target if m.cluster else None)
    read = series(run.moments, lambda m: m.cluster.cpu if m.cluster else None)
    axes.fill_between(t, read, step="post", color=COLOURS["cpu"], alpha=0.18, linewidth=0)
    axes.step(t, read, where="post", color=COLOURS["cpu"], linewidth=1.8)
    axes.step(t, target, where="post", color=COLOURS["ink"], linewidth=1, linestyle=(0, (5, 3)))
    axes.set_ylim(0, 1.15 * max([1.0, *known([*read, *target])]))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    goal = next(iter(known(target)), None)
    words: Title = [("CPU, % of request", "ink"), ("as the autoscaler read it", "cpu")]
    return [*words, (f"╌ target {goal:g}", "ink")] if goal is not None else words


def replicas(axes: Axes, run: Run) -> Title:
    t = [m.t for m in run.moments]
    ready = series(run.moments, lambda m: m.cluster.ready if m.cluster else None)
    desired = series(run.moments, lambda m: m.cluster.desired if m.cluster else None)
    axes.fill_between(t, ready, step="post", color=COLOURS["ready"], linewidth=0)
    axes.step(t, desired, where="post", color=COLOURS["desired"], linewidth=1.8)
    axes.set_ylim(0, 0.6 + max([1.0, *known([*ready, *desired])]))
    axes.yaxis.set_major_locator(MultipleLocator(1))
    return [("Replicas", "ink"), ("━ desired", "desired"), ("■ ready", "ready")]


# What all panels share.


def dress(axes: Axes, run: Run, layout: Layout, *, last: bool) -> None:
    first = run.moments[0].t
    axes.set_xlim(first, max(run.moments[-1].t, run.seconds) + 1)
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(COLOURS["muted"])
    span = run.seconds - first
    every = next((step for step in (30, 60, 120, 300, 600, 1800) if span / step <= layout.width * 0.9), 3600)
    axes.xaxis.set_major_locator(MultipleLocator(every))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    axes.grid(color=COLOURS["grid"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=COLOURS["muted"], labelbottom=last, length=0, pad=4)


def title(axes: Axes, pieces: Title, layout: Layout) -> None:
    """One line over the panel, each series' name in the colour of its line."""
    areas: list[Artist] = [
        TextArea(
            words, textprops={"color": COLOURS[colour], "weight": "bold" if i == 0 else "normal", "size": layout.font}
        )
        for i, (words, colour) in enumerate(pieces)
    ]
    line = HPacker(children=areas, pad=0, sep=layout.font * 0.8, align="baseline")
    box = AnchoredOffsetbox(
        "lower left",
        child=line,
        frameon=False,
        pad=0,
        borderpad=0,
        bbox_to_anchor=(0, 1.05),
        bbox_transform=axes.transAxes,
    )
    axes.add_artist(box)


def mark(axes: Axes, run: Run, layout: Layout, *, first: bool) -> None:
    """Lines through all panels where the load turned and where the autoscaler decided; the decisions are numbered."""
    for turn in (*run.shape.rises, *run.shape.falls):
        if 0 < turn < run.seconds:
            axes.axvline(turn, color=COLOURS["muted"], linewidth=1, linestyle=(0, (1, 2)))
    for number, decision in enumerate(scaling.decisions(run.moments), start=1):
        axes.axvline(decision.t, color=COLOURS["ink"], linewidth=1.1)
        if first:
            circle = {"boxstyle": "circle,pad=0.25", "facecolor": COLOURS["ink"], "edgecolor": "none"}
            axes.annotate(
                f"{number}",
                (decision.t, 1),
                xytext=(0, layout.font * 2.0),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                color=COLOURS["paper"],
                size=layout.font - 1,
                weight="bold",
                ha="center",
                va="center",
                bbox=circle,
            )
    if run.watched:
        for start, end in gaps(run):
            axes.axvspan(start, end + 1, facecolor="none", edgecolor=COLOURS["hatch"], hatch="///", linewidth=0)
