"""Draws the latencies and failures of both versions on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from loadtest.canary.send import Answer
from loadtest.canary.versions import Deployments
from loadtest.report.chart import style_plain, write_png
from loadtest.report.colours import COLOURS

STEP = 10  # seconds that a point of the chart stands for


def draw(title: str, answers: Sequence[Answer], names: Deployments, path: Path) -> None:
    figure = Figure(figsize=(9, 5), facecolor=COLOURS["paper"], layout="constrained")
    with mpl.rc_context({"font.size": 11}):
        latency, failures = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        latency.set_title(title, loc="left", color=COLOURS["ink"], weight="bold", size=11)
        for deployment, colour in zip(names, (COLOURS["pod-1"], COLOURS["bad"]), strict=True):
            t, p99, failed = _steps([answer for answer in answers if answer.deployment == deployment])
            latency.plot(t, p99, color=colour, label=deployment)
            failures.plot(t, failed, color=colour)
        latency.set_ylabel("p99, ms")
        failures.set_ylabel("failed, %")
        failures.set_xlabel("seconds")
        for axes in (latency, failures):
            axes.set_ylim(bottom=0)
            style_plain(axes)
        latency.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1), labelcolor=COLOURS["ink"])
        write_png(figure, path)


def _steps(answers: Sequence[Answer]) -> tuple[list[float], list[float], list[float]]:
    """Return the middle of each step with an answer, the p99 in milliseconds, and the percentage that failed."""
    steps: dict[int, list[Answer]] = {}
    for answer in answers:
        steps.setdefault(int(answer.t // STEP), []).append(answer)
    t, p99, failed = [], [], []
    for step in sorted(steps):
        right = [1000 * answer.seconds for answer in steps[step] if answer.text is not None]
        t.append((step + 0.5) * STEP)
        p99.append(float(np.quantile(right, 0.99)) if right else float("nan"))
        failed.append(100 * (1 - len(right) / len(steps[step])))
    return t, p99, failed
