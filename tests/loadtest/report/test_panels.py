from pathlib import Path

import pytest
from matplotlib.figure import Figure

from loadtest.report import panels, scaling, timeline, write
from loadtest.report.colours import COLOURS, PODS
from loadtest.shapes import Shape
from loadtest.users.load_second import LoadSecond
from tests.loadtest import synthetic


def legend(path: Path, pods: int) -> list[tuple[str, str]]:
    """Return the names and colours of the pods in the chart of a run without a cluster."""

    def load(t: int, _: Shape) -> LoadSecond:
        second = LoadSecond(synthetic.ZERO + t, users=1)
        for pod in range(pods):
            second.count_correct(2.0, f"pod-{pod}")
        return second

    run = timeline.read(synthetic.folder(path, load=load, cluster=None))
    title = panels.requests(Figure().subplots(), run, scaling.analyse(run))
    return [(entry.text, entry.colour) for entry in title.legend if entry.sign == "■"]


def test_each_of_ten_pods_has_a_colour_of_its_own(tmp_path: Path) -> None:
    assert legend(tmp_path, 10) == [("pod 1", "pod-1"), *((str(i), f"pod-{i}") for i in range(2, 11))]
    assert len({COLOURS[pod] for pod in PODS}) == 10


@pytest.mark.parametrize("pods", [11, 30])
def test_more_pods_than_colours_are_one_group(tmp_path: Path, pods: int) -> None:
    assert legend(tmp_path, pods)[10:] == [("others", "users")]


def test_labels_of_decisions_close_together_are_on_both_sides() -> None:
    axes = Figure(figsize=(4, 1)).subplots()
    axes.set_xlim(0, 300)
    panels._label(axes, [(40, "1 → 3"), (55, "3 → 5"), (200, "5 → 1"), (295, "1 → 2")])
    assert [text.get_horizontalalignment() for text in axes.texts] == ["right", "left", "left", "right"]


def test_a_run_in_which_the_autoscaler_never_scaled_has_a_report(tmp_path: Path) -> None:
    folder = synthetic.folder(tmp_path, cluster=lambda t: synthetic.cluster_line(0) | {"t": synthetic.ZERO + t})
    write.write(folder)
    assert "the autoscaler never scaled up" in (folder / "report.html").read_text()
