"""The chart: users, requests, latency, CPU and replicas below each other on one time axis.

The same panels come in three layouts: `WIDE` for a desktop, `PAPER` for A4, `NARROW` for a phone. The SVG refers to
every colour by a CSS variable, so that the page's dark style applies to it; the PNG is always light.
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
from loadtest.report.caveats import find_gaps
from loadtest.report.colours import COLOURS
from loadtest.report.panels import POINTS_PER_INCH, Panel, Title, cpu, latency, replicas, requests, users
from loadtest.report.scaling import Scaling
from loadtest.report.timeline import Run
from loadtest.users.models import describe_weights

VARIABLES = {value: f"var(--{name})" for name, value in COLOURS.items()}
TICK_STEPS = (5, 10, 30, 60, 120, 300, 600, 1800)  # seconds


@dataclass(frozen=True)
class Layout:
    """Sizes in inches, and the font size in points; one SVG point is one CSS pixel at the intended width."""

    name: str
    width: float
    panel: float
    font: float
    left: float
    right: float


WIDE = Layout("wide", 14.4, 1.5, 13, 0.62, 0.3)
PAPER = Layout("paper", 7.17, 0.7, 8.5, 0.42, 0.22)
NARROW = Layout("narrow", 4.83, 1.3, 11.5, 0.46, 0.24)
LAYOUTS = (WIDE, PAPER, NARROW)
# Inches per point of font size.
TOP = 0.022  # the load's name and the numbers of the decisions
BOTTOM = 0.034  # the time axis
GAP = 0.038  # a panel's title
EDGE = 0.006  # above the load's name


def draw(run: Run, scaling: Scaling, layout: Layout) -> Figure:
    panels: tuple[Panel, ...] = (users, requests, latency, cpu, replicas)
    if not run.observed:
        panels = (users, requests, latency)
    top, bottom, gap = (layout.font * inches for inches in (TOP, BOTTOM, GAP))
    height = top + bottom + len(panels) * (layout.panel + gap)
    figure = Figure(figsize=(layout.width, height), facecolor=COLOURS["paper"])
    with mpl.rc_context({"font.size": layout.font, "axes.unicode_minus": True}):
        name = f"{run.shape.name} of {describe_weights(run.models)}"
        figure.text(0, 1 - EDGE * layout.font / height, name, va="top", color=COLOURS["muted"])
        for row, panel in enumerate(panels):
            low = height - top - (row + 1) * (layout.panel + gap)
            width = layout.width - layout.left - layout.right
            box = (layout.left / layout.width, low / height, width / layout.width, layout.panel / height)
            axes = figure.add_axes(box)
            _style_axes(axes, run, layout, last=row == len(panels) - 1)
            _draw_title(axes, panel(axes, run, scaling), layout)
            _draw_marks(axes, run, scaling, layout, first=row == 0)
    return figure


def plot_span(layout: Layout) -> tuple[float, float]:
    """Return where the time axis begins and ends, as shares of the picture's width."""
    return layout.left / layout.width, 1 - layout.right / layout.width


def write_png(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure).print_figure(path, dpi=120, facecolor=COLOURS["paper"], metadata={"Software": None})


def style_plain(axes: Axes) -> None:
    """Draw horizontal grid lines and no frame: the style of the charts that are no report."""
    axes.grid(axis="y", color=COLOURS["grid"], linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=COLOURS["muted"], length=0)


def to_svg(figure: Figure, name: str) -> str:
    """Return an `<svg>` element for a page: text stays text, colours are `var(--…)`, its width is that of its place."""
    buffer = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        FigureCanvasSVG(figure).print_figure(buffer, facecolor="none", metadata=metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    head, body = text[: (end := text.index(">"))], text[end:]
    return re.sub(r' (width|height)="[^"]*"', "", head) + _use_variables(body)


def _use_variables(svg: str) -> str:
    """Replace the colours in style declarations: matplotlib takes no CSS variables and writes `fill: #1f2328`.

    A colour that is not in COLOURS would ignore the dark style, so it is a KeyError.
    """
    return re.sub(r"(fill|stroke): (#[0-9a-f]{6})", lambda match: f"{match[1]}: {VARIABLES[match[2]]}", svg)


def time_range(run: Run) -> tuple[int, int]:
    """Return the seconds at which the time axis begins and ends: a run in progress has room for all of its load."""
    least = run.shape.duration if run.running else run.duration
    return run.seconds[0].t, max(run.seconds[-1].t + 1, least)


def _style_axes(axes: Axes, run: Run, layout: Layout, *, last: bool) -> None:
    """Draw the time axis and the grid, without a frame."""
    start, end = time_range(run)
    axes.set_xlim(start, end)
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(COLOURS["muted"])
    step = next((step for step in TICK_STEPS if end / step <= layout.width * 1.5), 3600)
    axes.xaxis.set_major_locator(FixedLocator(range(0, end + 1, step)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    axes.grid(color=COLOURS["grid"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=COLOURS["muted"], labelbottom=last, length=0, pad=layout.font * 0.6)


def _draw_title(axes: Axes, title: Title, layout: Layout) -> None:
    """Write one line above the panel from the picture's left edge: its name, then the sign and name of each series."""
    bold = {"color": COLOURS["ink"], "weight": "bold", "size": layout.font}
    pieces: list[Artist] = [TextArea(title.text, textprops=bold)]
    for entry in title.legend:
        sign = TextArea(entry.sign, textprops={"color": COLOURS[entry.colour], "weight": "bold", "size": layout.font})
        label = TextArea(entry.text, textprops={"color": COLOURS["muted"], "size": layout.font})
        pieces.append(HPacker(children=[sign, label], pad=0, sep=layout.font * 0.3, align="baseline"))
    line = HPacker(children=pieces, pad=0, sep=layout.font * 0.8, align="baseline")
    offset = (-layout.left * POINTS_PER_INCH, layout.font * 0.55)  # points from the panel's upper left corner
    where: Any = {"xycoords": "axes fraction", "boxcoords": "offset points", "box_alignment": (0, 0)}
    axes.add_artist(AnnotationBbox(line, (0, 1), offset, frameon=False, pad=0, annotation_clip=False, **where))


def _draw_marks(axes: Axes, run: Run, scaling: Scaling, layout: Layout, *, first: bool) -> None:
    """Draw lines where the load changed, the autoscaler decided and faults began; name the last two on top."""
    for turn in (*run.shape.rises, *run.shape.falls):
        if 0 < turn < run.duration:
            axes.axvline(turn, color=COLOURS["muted"], linewidth=1, linestyle=(0, (1, 2)))
    for number, decision in enumerate(scaling.decisions, start=1):
        axes.axvline(decision.t, color=COLOURS["ink"], linewidth=1.1)
        if first:
            _draw_badge(axes, decision.t, f"{number}", "ink", layout)
    for fault in (fault for fault in run.faults if fault.what):
        axes.axvline(fault.t, color=COLOURS["bad"], linewidth=1.1)
        if fault.ended is not None:
            axes.axvspan(fault.t, fault.ended, facecolor=COLOURS["bad"], alpha=0.1, linewidth=0)
        if first:
            _draw_badge(axes, fault.t, fault.mark, "bad", layout)
    if run.observed:
        for start, end in find_gaps(run):
            axes.axvspan(start, end + 1, facecolor="none", edgecolor=COLOURS["hatch"], hatch="///", linewidth=0)


def _draw_badge(axes: Axes, t: float, text: str, colour: str, layout: Layout) -> None:
    axes.annotate(
        text,
        (t, 1),
        xytext=(0, layout.font * 0.9),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=COLOURS["paper"],
        size=layout.font - 1,
        weight="bold",
        ha="center",
        va="center",
        bbox={"boxstyle": "circle,pad=0.25", "facecolor": COLOURS[colour], "edgecolor": "none"},
    )
