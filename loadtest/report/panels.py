"""The five panels of the chart and their colours. Each panel draws itself into its axes and returns its title."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator, NullLocator

from loadtest.objectives import P99
from loadtest.report.scaling import Scaling
from loadtest.report.timeline import PERCENTILES, Run, Second

# The light style; report.css overrides it with a dark one. Okabe and Ito's hues and greys: distinguishable with every
# kind of colour vision, and by lightness in a grey print. All values differ, because chart.py looks a colour's name up
# by its value.
COLOURS = {
    "ink": "#1f2328",
    "muted": "#5f6872",
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
    "cpu-pod": "#7fcdb6",
    "ready": "#c3ccd5",
    "hatch": "#b9bfc6",
}
PODS = ("pod-1", "pod-2", "pod-3")
NAN = float("nan")
DASHED, DOTTED = (0, (5, 3)), (0, (1, 1.5))
OPAQUE = {"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 1}  # keeps text clear of the lines behind it
POINTS_PER_INCH = 72
LETTER_WIDTH = 0.62  # of the font size, on average
LATE = 0.85  # of the time axis: labels beyond it go to the left of their line


class LegendEntry(NamedTuple):
    """A series in the title of its panel: a sign in the series' colour, then its name."""

    sign: str
    colour: str
    text: str


class Title(NamedTuple):
    text: str
    legend: Sequence[LegendEntry] = ()


Panel = Callable[[Axes, Run, Scaling], Title]


def users(axes: Axes, run: Run, _: Scaling) -> Title:
    t = [second.t for second in run.loaded]
    count = _series(run.loaded, lambda s: s.load.users if s.load else None)
    axes.fill_between(t, count, step="post", color=COLOURS["users"], alpha=0.3, linewidth=0)
    axes.step(t, count, where="post", color=COLOURS["users"], linewidth=1.6)
    axes.set_ylim(0, 1.45 * _highest(count, least=1))
    axes.yaxis.set_major_locator(_few_ticks())
    for start, stage in zip(run.shape.starts, run.shape.stages, strict=True):
        if start < run.duration:
            _name_stage(axes, start, min(start + stage.seconds, run.duration), stage.name)
    return Title("Users")


def requests(axes: Axes, run: Run, scaling: Scaling) -> Title:
    t = [second.t for second in run.loaded]
    pods = [share.pod for share in scaling.shares if share.requests]
    stacks = [[float(s.load.pods[pod]) if s.load else 0.0 for s in run.loaded] for pod in pods]
    colours = [PODS[i % len(PODS)] for i in range(len(pods))]
    if stacks:
        axes.stackplot(t, stacks, colors=[COLOURS[colour] for colour in colours], linewidth=0, step="post")
    legend = [
        LegendEntry("■", colour, f"{i}" if i > 1 else "pod 1") for i, colour in enumerate(colours, start=1) if any(pods)
    ]
    if run.offered_per_user is not None:
        rate = run.offered_per_user
        offered = _series(run.loaded, lambda s: s.load.users * rate if s.load else None)
        axes.step(t, offered, where="post", color=COLOURS["ink"], linewidth=1, linestyle=DOTTED)
        legend.append(LegendEntry("┄", "ink", "offered"))
    failures = [float(second.failures) for second in run.loaded]
    if any(failures):
        axes.bar(t, failures, width=1, align="edge", color=COLOURS["bad"], zorder=4)
        legend.append(LegendEntry("■", "bad", "failed"))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(_few_ticks())
    return Title("Requests/s", legend)


def latency(axes: Axes, run: Run, _: Scaling) -> Title:
    t = [second.t for second in run.loaded]
    top = P99.limit
    for q in PERCENTILES:
        values = _series(run.loaded, lambda s, q=q: s.percentiles[q])  # type: ignore[misc]
        top = _highest(values, least=top)
        axes.step(t, values, where="post", color=COLOURS[f"p{q}"], linewidth=1.5)
    axes.axhline(P99.limit, color=COLOURS["p99"], linewidth=1, linestyle=DASHED)
    axes.set_yscale("log")
    axes.set_ylim(0.5, 2 * top)
    axes.yaxis.set_major_locator(FixedLocator([1, 10, 100, 1000, 10000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    legend = [LegendEntry("━", f"p{q}", f"p{q}") for q in PERCENTILES]
    return Title("Latency, ms", [*legend, LegendEntry("╌", "p99", f"objective {P99.limit:g}")])


def cpu(axes: Axes, run: Run, scaling: Scaling) -> Title:
    t = [second.t for second in run.seconds]
    target = _series(run.seconds, lambda s: s.cluster.target if s.cluster else None)
    average = _series(run.seconds, lambda s: s.cluster.cpu if s.cluster else None)
    top = _highest(target, average, least=1)
    for pod in dict.fromkeys(pod.name for _, state in run.states for pod in state.pods):
        own = _series(run.seconds, lambda s, pod=pod: _percent_of_request(s, pod))  # type: ignore[misc]
        axes.step(t, own, where="post", color=COLOURS["cpu-pod"], linewidth=1)
        top = _highest(own, least=top)
    axes.step(t, average, where="post", color=COLOURS["cpu"], linewidth=2)
    axes.step(t, target, where="post", color=COLOURS["ink"], linewidth=1, linestyle=DASHED)
    axes.set_ylim(0, 1.3 * top)
    axes.yaxis.set_major_locator(_few_ticks())
    for decision in scaling.decisions:
        if decision.cpu is not None:
            _label(axes, decision.t, f"{decision.cpu:g} %")
    legend = [LegendEntry("━", "cpu", "average"), LegendEntry("━", "cpu-pod", "each pod")]
    limit = next((value for value in target if not math.isnan(value)), None)
    if limit is not None:
        legend.append(LegendEntry("╌", "ink", f"target {limit:g}"))
    return Title("CPU, % of request", legend)


def replicas(axes: Axes, run: Run, scaling: Scaling) -> Title:
    t = [second.t for second in run.seconds]
    ready = _series(run.seconds, lambda s: s.cluster.ready if s.cluster else None)
    desired = _series(run.seconds, lambda s: s.cluster.desired if s.cluster else None)
    axes.fill_between(t, ready, step="post", color=COLOURS["ready"], linewidth=0)
    axes.step(t, desired, where="post", color=COLOURS["ink"], linewidth=1.8)
    top = _highest(ready, desired, least=1)
    axes.set_ylim(0, 1.5 * top)
    axes.yaxis.set_major_locator(MultipleLocator(math.ceil(top / 4)))
    for decision in scaling.decisions:
        _label(axes, decision.t, f"{decision.before} → {decision.after}")
    return Title("Replicas", [LegendEntry("━", "ink", "desired"), LegendEntry("■", "ready", "ready")])


def _series(seconds: Sequence[Second], value: Callable[[Second], float | None]) -> list[float]:
    """Return `value` of each second; where it is None, NaN leaves a gap in the line."""
    return [NAN if (found := value(second)) is None else found for second in seconds]


def _highest(*several: Sequence[float], least: float) -> float:
    return max([least, *(value for values in several for value in values if not math.isnan(value))])


def _few_ticks() -> MaxNLocator:
    """Return a locator of at most four whole steps along an axis."""
    return MaxNLocator(4, steps=[1, 2, 5, 10], integer=True)


def _percent_of_request(second: Second, name: str) -> float | None:
    for pod in second.cluster.pods if second.cluster else ():
        if pod.name == name and pod.millicores is not None and pod.request:
            return 100 * pod.millicores / pod.request
    return None


def _name_stage(axes: Axes, start: int, end: int, name: str) -> None:
    """Write the stage's name above its users if there is room for it."""
    left, right = axes.get_xlim()
    room = (end - start) / (right - left) * axes.bbox.width / axes.figure.dpi * POINTS_PER_INCH
    if len(name) * LETTER_WIDTH * rcParams["font.size"] < room:
        top = ((start + end) / 2, axes.get_ylim()[1])
        axes.annotate(name, top, ha="center", va="top", color=COLOURS["muted"], zorder=6, bbox=OPAQUE)


def _label(axes: Axes, t: float, text: str) -> None:
    """Write `text` at the top of a panel next to a decision's line, on the side where it fits into the picture."""
    left, right = axes.get_xlim()
    late = (t - left) / (right - left) > LATE
    axes.annotate(
        text,
        (t, axes.get_ylim()[1]),
        xytext=(-4 if late else 4, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        color=COLOURS["ink"],
        weight="bold",
        zorder=6,
        bbox=OPAQUE,
    )
