"""The five panels of the chart. Each draws itself into its axes and returns the words of its title."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, MultipleLocator, NullLocator

from loadtest.objectives import P99
from loadtest.report import scaling
from loadtest.report.palette import COLOURS, PODS
from loadtest.report.timeline import Moment, Run
from loadtest.users.load_second import percentile

NAN = float("nan")
DASHED, DOTTED = (0, (5, 3)), (0, (1, 1.5))
BACKED = {"facecolor": COLOURS["paper"], "edgecolor": "none", "pad": 1}  # words keep clear of the lines behind


class Name(NamedTuple):
    """A series in the title of its panel: a sign in the series' colour, then its name."""

    sign: str
    colour: str
    words: str


Title = tuple[str, list[Name]]
Panel = Callable[[Axes, Run], Title]


def series(moments: Sequence[Moment], value: Callable[[Moment], float | None]) -> list[float]:
    """`value` of each moment; NaN, which leaves a gap in a line, where it is None."""
    return [NAN if (found := value(moment)) is None else found for moment in moments]


def highest(*several: Sequence[float], least: float) -> float:
    return max([least, *(value for values in several for value in values if not math.isnan(value))])


def few() -> MaxNLocator:
    """At most four whole steps up an axis."""
    return MaxNLocator(4, steps=[1, 2, 5, 10], integer=True)


def users(axes: Axes, run: Run) -> Title:
    t = [moment.t for moment in run.loaded]
    count = series(run.loaded, lambda m: m.load.users if m.load else None)
    axes.fill_between(t, count, step="post", color=COLOURS["users"], alpha=0.3, linewidth=0)
    axes.step(t, count, where="post", color=COLOURS["users"], linewidth=1.6)
    axes.set_ylim(0, 1.45 * highest(count, least=1))
    axes.yaxis.set_major_locator(few())
    for start, stage in zip(run.shape.starts, run.shape.stages, strict=True):
        if start < run.seconds:
            name_stage(axes, start, min(start + stage.seconds, run.seconds), stage.name)
    return "Users", []


def name_stage(axes: Axes, start: int, end: int, name: str) -> None:
    """The stage's name above its users, where there is room for it."""
    left, right = axes.get_xlim()
    room = (end - start) / (right - left) * axes.bbox.width / axes.figure.dpi * 72  # points
    if len(name) * 0.62 * rcParams["font.size"] < room:
        middle = ((start + end) / 2, axes.get_ylim()[1])
        axes.annotate(name, middle, ha="center", va="top", color=COLOURS["muted"], zorder=6, bbox=BACKED)


def requests(axes: Axes, run: Run) -> Title:
    t = [moment.t for moment in run.loaded]
    pods = [share.pod for share in scaling.shares(run) if share.requests]
    stacks = [[float(m.load.pods[pod]) if m.load else 0.0 for m in run.loaded] for pod in pods]
    colours = [PODS[i % len(PODS)] for i in range(len(pods))]
    if stacks:
        axes.stackplot(t, stacks, colors=[COLOURS[colour] for colour in colours], linewidth=0, step="post")
    names = [Name("■", colour, f"{i}" if i > 1 else "pod 1") for i, colour in enumerate(colours, start=1) if any(pods)]
    if run.offered_per_user is not None:
        rate = run.offered_per_user
        offered = series(run.loaded, lambda m: m.load.users * rate if m.load else None)
        axes.step(t, offered, where="post", color=COLOURS["ink"], linewidth=1, linestyle=DOTTED)
        names.append(Name("┄", "ink", "asked"))
    bad = [float(m.load.failed + m.load.lost) if m.load else 0.0 for m in run.loaded]
    if any(bad):
        axes.bar(t, bad, width=1, align="edge", color=COLOURS["bad"], zorder=4)
        names.append(Name("■", "bad", "failed"))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(few())
    return "Requests/s", names


def latency(axes: Axes, run: Run) -> Title:
    t = [moment.t for moment in run.loaded]
    top = P99.limit
    for q in (50, 95, 99):
        values = series(run.loaded, lambda m, q=q: percentile(m.load.latency_ms, q / 100) if m.load else None)  # type: ignore[misc]
        top = highest(values, least=top)
        axes.step(t, values, where="post", color=COLOURS[f"p{q}"], linewidth=1.5)
    axes.axhline(P99.limit, color=COLOURS["p99"], linewidth=1, linestyle=DASHED)
    axes.set_yscale("log")
    axes.set_ylim(0.5, 2 * top)
    axes.yaxis.set_major_locator(FixedLocator([1, 10, 100, 1000, 10000]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    names = [Name("━", f"p{q}", f"p{q}") for q in (50, 95, 99)]
    return "Latency, ms", [*names, Name("╌", "p99", f"objective {P99.limit:g}")]


def cpu(axes: Axes, run: Run) -> Title:
    t = [moment.t for moment in run.moments]
    target = series(run.moments, lambda m: m.cluster.target if m.cluster else None)
    read = series(run.moments, lambda m: m.cluster.cpu if m.cluster else None)
    top = highest(target, read, least=1)
    for pod in dict.fromkeys(pod.name for _, state in scaling.seen(run.moments) for pod in state.pods):
        own = series(run.moments, lambda m, pod=pod: percent_of_request(m, pod))  # type: ignore[misc]
        axes.step(t, own, where="post", color=COLOURS["cpu-pod"], linewidth=1)
        top = highest(own, least=top)
    axes.step(t, read, where="post", color=COLOURS["cpu"], linewidth=2)
    axes.step(t, target, where="post", color=COLOURS["ink"], linewidth=1, linestyle=DASHED)
    axes.set_ylim(0, 1.3 * top)
    axes.yaxis.set_major_locator(few())
    for decision in scaling.decisions(run.moments):
        if decision.cpu is not None:
            beside(axes, decision.t, f"{decision.cpu:g} %")
    names = [Name("━", "cpu", "average"), Name("━", "cpu-pod", "each pod")]
    goal = next((value for value in target if not math.isnan(value)), None)
    return "CPU, % of request", [*names, Name("╌", "ink", f"target {goal:g}")] if goal is not None else names


def percent_of_request(moment: Moment, name: str) -> float | None:
    for pod in moment.cluster.pods if moment.cluster else ():
        if pod.name == name and pod.millicores is not None and pod.request:
            return 100 * pod.millicores / pod.request
    return None


def replicas(axes: Axes, run: Run) -> Title:
    t = [moment.t for moment in run.moments]
    ready = series(run.moments, lambda m: m.cluster.ready if m.cluster else None)
    desired = series(run.moments, lambda m: m.cluster.desired if m.cluster else None)
    axes.fill_between(t, ready, step="post", color=COLOURS["ready"], linewidth=0)
    axes.step(t, desired, where="post", color=COLOURS["ink"], linewidth=1.8)
    top = highest(ready, desired, least=1)
    axes.set_ylim(0, 1.5 * top)
    axes.yaxis.set_major_locator(MultipleLocator(math.ceil(top / 4)))
    for decision in scaling.decisions(run.moments):
        beside(axes, decision.t, f"{decision.before} → {decision.after}")
    return "Replicas", [Name("━", "ink", "desired"), Name("■", "ready", "ready")]


def beside(axes: Axes, t: float, words: str) -> None:
    """Words at the top of a panel, right of a decision's line; left of it where they would leave the picture."""
    left, right = axes.get_xlim()
    late = (t - left) / (right - left) > 0.85  # noqa: PLR2004
    axes.annotate(
        words,
        (t, axes.get_ylim()[1]),
        xytext=(-4 if late else 4, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        color=COLOURS["ink"],
        weight="bold",
        zorder=6,
        bbox=BACKED,
    )
