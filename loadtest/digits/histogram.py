"""Draw the distribution of predictions next to that of the training labels, as a PNG."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from loadtest.digits.sampling import Shares
from loadtest.report.colours import COLOURS

WIDTH = 0.38  # of a bar: two bars and a gap make 1


def draw(title: str, predicted: Shares, training: Shares, path: Path) -> None:
    figure = Figure(figsize=(8, 4), facecolor=COLOURS["paper"], layout="constrained")
    with mpl.rc_context({"font.size": 11}):
        axes = figure.add_subplot(facecolor="none")
        places = np.arange(len(predicted))
        axes.bar(places - WIDTH / 2, predicted, WIDTH, color=COLOURS["pod-1"], label="predicted")
        axes.bar(places + WIDTH / 2, training, WIDTH, color=COLOURS["ready"], label="in training")
        axes.set_title(title, loc="left", color=COLOURS["ink"], weight="bold", size=11)
        axes.set_xticks(places)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        axes.grid(axis="y", color=COLOURS["grid"], linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(colors=COLOURS["muted"], length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(COLOURS["muted"])
        axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1), labelcolor=COLOURS["ink"])
        FigureCanvasAgg(figure).print_figure(path, dpi=120, facecolor=COLOURS["paper"], metadata={"Software": None})
