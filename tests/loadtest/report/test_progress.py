import io
import json
from pathlib import Path

from loadtest.report.progress import Progress
from tests.loadtest import synthetic
from tests.loadtest.synthetic import SHORT, ZERO


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_line_shows_load_and_cluster(tmp_path: Path) -> None:
    progress = Progress(SHORT, synthetic.folder(tmp_path, until=46) / "load.jsonl")
    progress.follow()
    assert progress.line(ZERO + 46, synthetic.cluster_line(46)) == (
        "0:46 of 3:00 · 50 users · 500 req/s · p99 3 ms · 0 failed · CPU 200 % (target 20 %) · 1 of 3 pods ready"
    )


def test_unknown_figures_are_left_out(tmp_path: Path) -> None:
    progress = Progress(SHORT, tmp_path / "load.jsonl")
    progress.follow()
    assert progress.line(ZERO, None) == "0:00 of 3:00"
    assert "cluster not observed: timed out" in progress.line(ZERO, {"t": ZERO, "missing": "timed out"})


def test_line_is_read_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "load.jsonl"
    progress = Progress(SHORT, path)
    line = json.dumps(synthetic.load_second(30, SHORT).to_dict())
    path.write_text(line[:40])
    progress.follow()
    assert progress.second is None
    path.write_text(line + "\n")
    progress.follow()
    progress.follow()
    assert progress.second == synthetic.load_second(30, SHORT)


def test_failures_add_up(tmp_path: Path) -> None:
    second = synthetic.load_second(3, SHORT)
    second.count_failed("status 503", "pod-0")
    second.count_lost("no answer: timeout")
    (tmp_path / "load.jsonl").write_text(2 * (json.dumps(second.to_dict()) + "\n"))
    progress = Progress(SHORT, tmp_path / "load.jsonl")
    progress.follow()
    assert "4 failed" in progress.line(ZERO, None)


def test_terminal_shows_one_line_and_a_log_one_now_and_then(tmp_path: Path) -> None:
    path = synthetic.folder(tmp_path, until=20) / "load.jsonl"
    terminal, log = Terminal(), io.StringIO()
    for out in (terminal, log):
        progress = Progress(SHORT, path, out)
        for t in range(20):
            progress.show(ZERO + t + 0.5, None)
        progress.end()
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().count("\r") == 20
    assert log.getvalue().count("\n") == 4
