"""The five panels of the chart. Each panel draws itself into its axes and returns its title."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator, NullLocator

from loadtest.objectives import P99
from loadtest.report.colours import COLOURS, PODS
from loadtest.report.open_loop import p99_from_sending
from loadtest.report.scaling import Scaling
from loadtest.report.timeline import PERCENTILES, Run, Second

NAN = float("nan")
DASHED, DOTTED = (0, (5, 3)), (0, (1, 1.5))
OPAQUE = {"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 1}  # keeps text clear of the lines behind it
TEN_SECONDS = {10_000: "10k"}  # milliseconds; five digits would not fit on a phone
POINTS_PER_INCH = 72
LETTER_WIDTH = 0.62  # of the font size, on average


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
    groups = [[pod] for pod in pods[: len(PODS)]]
    colours = list(PODS[: len(groups)])
    if others := pods[len(PODS) :]:
        groups.append(others)
        colours.append("users")
    stacks = [
        [float(sum(s.load.pods[pod] for pod in group)) if s.load else 0.0 for s in run.loaded] for group in groups
    ]
    if stacks:
        axes.stackplot(t, stacks, colors=[COLOURS[colour] for colour in colours], linewidth=0, step="post")
    names = ["pod 1", *(f"{number}" for number in range(2, len(PODS) + 1)), "others"]
    legend = [LegendEntry("■", colour, name) for colour, name in zip(colours, names, strict=False) if any(pods)]
    offered = _series(run.loaded, run.offered)
    if not all(map(math.isnan, offered)):
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
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: TEN_SECONDS.get(value, f"{value:g}")))
    legend = [LegendEntry("━", f"p{q}", f"p{q}") for q in PERCENTILES]
    if run.open:
        values = _series(run.loaded, p99_from_sending)
        axes.step(t, values, where="post", color=COLOURS["ink"], linewidth=1, linestyle=DOTTED)
        legend.append(LegendEntry("┄", "ink", "p99 sent"))
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
    _label(axes, [(d.t, f"{d.cpu:g} %") for d in scaling.decisions if d.cpu is not None])
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
    _label(axes, [(decision.t, f"{decision.before} → {decision.after}") for decision in scaling.decisions])
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


def _points(axes: Axes, seconds: float) -> float:
    """Return the width of a stretch of the time axis in points."""
    left, right = axes.get_xlim()
    return float(seconds / (right - left) * axes.bbox.width / axes.figure.dpi * POINTS_PER_INCH)


def _width(text: str) -> float:
    """Return the approximate width of a text in points."""
    return len(text) * LETTER_WIDTH * float(rcParams["font.size"])


def _name_stage(axes: Axes, start: int, end: int, name: str) -> None:
    """Write the stage's name above its users if there is room for it."""
    if _width(name) < _points(axes, end - start):
        top = ((start + end) / 2, axes.get_ylim()[1])
        axes.annotate(name, top, ha="center", va="top", color=COLOURS["muted"], zorder=6, bbox=OPAQUE)


def _label(axes: Axes, labels: Sequence[tuple[float, str]]) -> None:
    """Write at the top of a panel next to the decisions' lines: on the right, or on the left if there is no room."""
    end = axes.get_xlim()[1]
    for (t, text), following in zip(labels, [*(t for t, _ in labels[1:]), end], strict=False):
        full = _points(axes, following - t) < _width(text)
        axes.annotate(
            text,
            (t, axes.get_ylim()[1]),
            xytext=(-4 if full else 4, 0),
            textcoords="offset points",
            ha="right" if full else "left",
            va="top",
            color=COLOURS["ink"],
            weight="bold",
            zorder=6,
            bbox=OPAQUE,
        )
