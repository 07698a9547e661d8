"""The picture: users, requests, latency, CPU and replicas under one another on one time axis.

Three layouts of the same panels: `WIDE` for a desk, `PAPER` for A4, `NARROW` for a phone. In SVG each colour becomes
a CSS variable, so that the page's dark style reaches into the picture; PNG is light.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea
from matplotlib.ticker import FixedLocator, FuncFormatter

from loadtest.format import clock
from loadtest.report import scaling
from loadtest.report.caveats import gaps
from loadtest.report.palette import COLOURS
from loadtest.report.panels import Panel, Title, cpu, latency, replicas, requests, users
from loadtest.report.timeline import Run
from loadtest.users.models import worded

POINTS = 72  # an inch


@dataclass(frozen=True)
class Layout:
    """Inches, and points of type; an SVG point is a CSS pixel at the width that the layout is drawn for."""

    name: str
    width: float
    panel: float
    font: float
    left: float
    right: float


WIDE = Layout("wide", 14.4, 1.5, 13, 0.62, 0.3)
PAPER = Layout("paper", 7.17, 0.7, 8.5, 0.42, 0.22)
NARROW = Layout("narrow", 4.83, 1.3, 11.5, 0.46, 0.24)
TOP, BOTTOM, GAP = (
    0.022,
    0.034,
    0.038,
)  # inches a point of type: the load's name and the numbers of the decisions, the time axis, the titles
EDGE = 0.006  # inches a point of type, above the load's name


def draw(run: Run, layout: Layout) -> Figure:
    panels: tuple[Panel, ...] = (users, requests, latency, cpu, replicas) if run.watched else (users, requests, latency)
    top, bottom, gap = (layout.font * inches for inches in (TOP, BOTTOM, GAP))
    height = top + bottom + len(panels) * (layout.panel + gap)
    figure = Figure(figsize=(layout.width, height), facecolor=COLOURS["paper"])
    with mpl.rc_context({"font.size": layout.font, "axes.unicode_minus": True}):
        name = f"{run.shape.name} of {worded(run.models)}"
        figure.text(0, 1 - EDGE * layout.font / height, name, va="top", color=COLOURS["muted"])
        for row, panel in enumerate(panels):
            low = height - top - (row + 1) * (layout.panel + gap)
            width = layout.width - layout.left - layout.right
            box = (layout.left / layout.width, low / height, width / layout.width, layout.panel / height)
            axes = figure.add_axes(box)
            dress(axes, run, layout, last=row == len(panels) - 1)
            title(axes, panel(axes, run), layout)
            mark(axes, run, layout, first=row == 0)
    return figure


def plot_span(layout: Layout) -> tuple[float, float]:
    """Where the time axis begins and ends, as shares of the picture's width."""
    return layout.left / layout.width, 1 - layout.right / layout.width


def png(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_figure(path, dpi=120, facecolor=COLOURS["paper"], metadata={"Software": None})


def svg(figure: Figure, name: str) -> str:
    """An `<svg>` element for a page: text stays text, colours are `var(--…)`, as wide as its place."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        FigureCanvasSVG(figure).print_figure(buffer, facecolor="none", metadata=metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    head, body = text[: (end := text.index(">"))], text[end:]
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    for colour, value in COLOURS.items():
        body = body.replace(value, f"var(--{colour})")
    return head + body


def time_range(run: Run) -> tuple[int, int]:
    return run.moments[0].t, max(run.moments[-1].t + 1, run.seconds)


def dress(axes: Axes, run: Run, layout: Layout, *, last: bool) -> None:
    """The time axis, the grid, and no frame."""
    axes.set_xlim(*time_range(run))
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(COLOURS["muted"])
    steps = (5, 10, 30, 60, 120, 300, 600, 1800)
    every = next((step for step in steps if run.seconds / step <= layout.width * 1.5), 3600)
    axes.xaxis.set_major_locator(FixedLocator(range(0, time_range(run)[1] + 1, every)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    axes.grid(color=COLOURS["grid"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=COLOURS["muted"], labelbottom=last, length=0, pad=layout.font * 0.6)


def title(axes: Axes, words: Title, layout: Layout) -> None:
    """One line over the panel from the picture's left edge: what it shows, and the sign and name of each series."""
    name, series = words
    bold = {"color": COLOURS["ink"], "weight": "bold", "size": layout.font}
    pieces: list[Artist] = [TextArea(name, textprops=bold)]
    for one in series:
        sign = TextArea(one.sign, textprops={"color": COLOURS[one.colour], "weight": "bold", "size": layout.font})
        label = TextArea(one.words, textprops={"color": COLOURS["muted"], "size": layout.font})
        pieces.append(HPacker(children=[sign, label], pad=0, sep=layout.font * 0.3, align="baseline"))
    line = HPacker(children=pieces, pad=0, sep=layout.font * 0.8, align="baseline")
    edge = (-layout.left * POINTS, layout.font * 0.55)  # points from the panel's upper left corner
    here: Any = {"xycoords": "axes fraction", "boxcoords": "offset points", "box_alignment": (0, 0)}
    axes.add_artist(AnnotationBbox(line, (0, 1), edge, frameon=False, pad=0, annotation_clip=False, **here))


def mark(axes: Axes, run: Run, layout: Layout, *, first: bool) -> None:
    """Lines through all panels where the load turned and where the autoscaler decided; the decisions are numbered."""
    for turn in (*run.shape.rises, *run.shape.falls):
        if 0 < turn < run.seconds:
            axes.axvline(turn, color=COLOURS["muted"], linewidth=1, linestyle=(0, (1, 2)))
    for number, decision in enumerate(scaling.decisions(run.moments), start=1):
        axes.axvline(decision.t, color=COLOURS["ink"], linewidth=1.1)
        if first:
            badge(axes, decision.t, f"{number}", layout)
    if run.watched:
        for start, end in gaps(run):
            axes.axvspan(start, end + 1, facecolor="none", edgecolor=COLOURS["hatch"], hatch="///", linewidth=0)


def badge(axes: Axes, t: int, words: str, layout: Layout) -> None:
    axes.annotate(
        words,
        (t, 1),
        xytext=(0, layout.font * 0.9),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=COLOURS["paper"],
        size=layout.font - 1,
        weight="bold",
        ha="center",
        va="center",
        bbox={"boxstyle": "circle,pad=0.25", "facecolor": COLOURS["ink"], "edgecolor": "none"},
    )
