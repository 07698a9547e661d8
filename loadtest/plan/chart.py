"""Draw a prediction, over the recorded run if there is one: load, replicas, latency and cost on one time axis."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from loadtest.format import clock
from loadtest.plan.predict import Prediction
from loadtest.report.chart import TICK_STEPS, style_plain, write_png
from loadtest.report.colours import COLOURS
from loadtest.report.timeline import Run
from loadtest.traffic.table import Piece

SIZE = (9, 8)
TICKS = 12
HOUR = 3600.0
PREDICTED, RECORDED = "cpu", "muted"


def draw(title: str, pieces: Sequence[Piece], predicted: Prediction, run: Run | None, path: Path) -> None:
    figure = Figure(figsize=SIZE, facecolor=COLOURS["paper"], layout="constrained")
    with mpl.rc_context({"font.size": 11}):
        load, replicas, latency, cost = figure.subplots(4, 1, sharex=True)
        load.set_title(title, loc="left", color=COLOURS["ink"], weight="bold", size=11)
        load.step(
            [piece.start for piece in pieces], [piece.rate for piece in pieces], where="post", color=COLOURS["users"]
        )
        load.set_ylabel("requests/s")
        _draw_replicas(replicas, predicted, run)
        _draw_latency(latency, predicted, run)
        _draw_cost(cost, predicted, run)
        for axes in (load, replicas, latency, cost):
            style_plain(axes)
        for axes in (load, replicas, cost):
            axes.set_ylim(bottom=0)
        span = pieces[-1].end - pieces[0].start
        cost.xaxis.set_major_locator(MultipleLocator(next((s for s in TICK_STEPS if span / s <= TICKS), 2 * HOUR)))
        long = span > 2 * HOUR
        cost.xaxis.set_major_formatter(FuncFormatter(lambda t, _: f"{t / HOUR:g} h" if long else clock(t)))
        write_png(figure, path)


def draw_scale_up(title: str, predicted: Prediction, seen: Sequence[tuple[float, int, int]], path: Path) -> None:
    """Draw how the pods double. `seen` has the seconds since the load began, the pods asked for and the pods ready."""
    figure = Figure(figsize=(SIZE[0], SIZE[1] / 2), facecolor=COLOURS["paper"], layout="constrained")
    with mpl.rc_context({"font.size": 11}):
        axes = figure.subplots()
        axes.set_title(title, loc="left", color=COLOURS["ink"], weight="bold", size=11, pad=24)
        t, desired, ready = zip(*seen, strict=True)
        axes.step(t, desired, where="post", color=COLOURS["bad"], linewidth=1, label="asked for")
        axes.step(t, ready, where="post", color=COLOURS[RECORDED], label="ready")
        _draw_replicas(axes, predicted, None)
        axes.set_ylabel("pods")
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:g}"))
        axes.xaxis.set_major_locator(MultipleLocator(30))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: clock(at)))
        axes.set_xlim(t[0], t[-1] + 30)
        style_plain(axes)
        write_png(figure, path)


def _draw_replicas(axes: Axes, predicted: Prediction, run: Run | None) -> None:
    low, middle, high = predicted.ready
    if run is not None:
        _draw_recorded(axes, run, lambda second: second.cluster.ready if second.cluster else None)
    axes.fill_between(predicted.t, low, high, step="post", color=COLOURS["cpu-pod"], alpha=0.4, linewidth=0)
    axes.step(predicted.t, middle, where="post", color=COLOURS[PREDICTED], label="predicted, and 90 of 100")
    axes.set_ylabel("pods ready")
    axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 0.98), labelcolor=COLOURS["ink"])


def _draw_latency(axes: Axes, predicted: Prediction, run: Run | None) -> None:
    if run is not None:
        _draw_recorded(axes, run, lambda second: second.percentiles[99])
    axes.step(predicted.t, predicted.p99, where="post", color=COLOURS[PREDICTED])
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylabel("p99, ms")


def _draw_cost(axes: Axes, predicted: Prediction, run: Run | None) -> None:
    if run is not None:
        pods = [float(len(second.cluster.pods)) if second.cluster else 0.0 for second in run.seconds]
        t = [second.t for second in run.seconds]
        axes.plot(t, np.cumsum(pods) / HOUR, color=COLOURS[RECORDED])
    step = predicted.t[1] - predicted.t[0]
    axes.plot(predicted.t, np.cumsum(predicted.replicas[1]) * step / HOUR, color=COLOURS[PREDICTED])
    axes.set_ylabel("pod-hours")


def _draw_recorded(axes: Axes, run: Run, value: Callable[..., float | None]) -> None:
    values = [value(second) for second in run.seconds]
    series = [np.nan if found is None else found for found in values]
    axes.step(
        [second.t for second in run.seconds],
        series,
        where="post",
        color=COLOURS[RECORDED],
        linewidth=1,
        label="recorded",
    )
