import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.live.drawing import INTERVAL, Drawing
from tests.loadtest import synthetic


def begun(path: Path, until: int = 70) -> Path:
    """Write the folder of an experiment of 180 s as it is after `until` seconds."""
    return synthetic.folder(path, until=until, interrupted=True)


def test_page_of_a_run_says_its_stage_and_the_time_left(tmp_path: Path) -> None:
    drawn = Drawing(begun(tmp_path)).next("wide", 0)
    assert drawn is not None
    html = drawn.html.decode()
    assert "Load: 1:10 of 3:00, 1:50 left" in html
    assert "nterrupted at" not in html
    assert 'class="plot wide"' in html
    assert 'class="plot narrow"' not in html


def test_page_leaves_out_the_rates_of_recorded_traffic(tmp_path: Path) -> None:
    shape = replace(synthetic.SHORT, traffic=tuple((second, second % 7 + 0.0123) for second in range(180)))
    drawn = Drawing(synthetic.folder(tmp_path, shape, until=70, interrupted=True)).next("wide", 0)
    assert drawn is not None
    assert "180 changes of rate" in drawn.html.decode()
    assert "6.0123" not in drawn.html.decode()


def test_page_says_when_the_load_has_ended(tmp_path: Path) -> None:
    drawn = Drawing(begun(tmp_path, until=180)).next("narrow", 0)
    assert drawn is not None
    assert "The load has ended, and the report is being written" in drawn.html.decode()


def test_those_who_watch_share_the_drawings(tmp_path: Path) -> None:
    drawing = Drawing(begun(tmp_path))
    first = drawing.next("wide", 0)
    began = time.monotonic()
    assert first is not None
    assert drawing.next("wide", 0) is first
    assert time.monotonic() - began < INTERVAL / 2
    second = drawing.next("wide", first.number)
    assert second is not None
    assert second.number > first.number
    assert time.monotonic() - began > 0.9 * INTERVAL


def test_page_waits_for_the_first_second_of_load(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path)
    threading.Timer(0.3, begun, [tmp_path]).start()
    assert drawing.next("wide", 0) is not None


def test_state_that_cannot_be_drawn_leaves_the_page_waiting_for_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = begun(tmp_path) / "plan.json"
    whole = plan.read_text()
    plan.write_text(json.dumps({name: value for name, value in json.loads(whole).items() if name != "host"}))
    threading.Timer(1.5, plan.write_text, [whole]).start()
    assert Drawing(tmp_path).next("wide", 0) is not None
    assert capsys.readouterr().err.count("The live page cannot be drawn") == 1


def test_end_of_the_run_leaves_only_the_report(tmp_path: Path) -> None:
    drawing = Drawing(begun(tmp_path))
    (tmp_path / "report.html").write_text("the report")
    first = drawing.next("wide", 0)
    assert first is not None
    threading.Timer(0.1, drawing.ended.set).start()
    assert drawing.next("wide", first.number) is None
    assert drawing.report() == b"the report"
    (tmp_path / "report.html").unlink()
    assert drawing.report() is None
